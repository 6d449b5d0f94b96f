/** How tasks end (hercules-ci.md 4.7.3). */
import type { BuildFailure } from '@firn/contract/agent/build-failure'
import type { TaskStatus } from '@firn/contract/agent/task'

export const successful: TaskStatus = { tag: 'Successful', contents: [] }

/** The user's matter; the log says what. */
export const terminated: TaskStatus = { tag: 'Terminated', contents: [] }

/** The same of a build, with what it failed with where that is known. */
export function failed(failure: BuildFailure | undefined): TaskStatus {
  return failure === undefined ? terminated : { tag: 'Terminated', contents: [], firn: { failure } }
}

/** Ours: store, disk, network, agent. Never blamed on the user's code. */
export function exceptional(reason: string): TaskStatus {
  return { tag: 'Exceptional', contents: reason }
}

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

/** Not begun: somebody else should do it. Only for a server that understands it, as others take it for broken. */
export function declined(because: string): TaskStatus {
  return { ...exceptional(`The agent takes no work: ${because}.`), firn: { declined: true } }
}

/** Ours: store, disk, network, agent. Never blamed on the user's code. */
export function exceptional(reason: string) {
  return { tag: 'Exceptional', contents: reason } satisfies TaskStatus
}

import type { TaskStep } from '../dispatch/task.ts'

/** This version runs no effects and queues no task for one; they are listed on the job's page as not run. */
export const effectStep: TaskStep = {
  render: async () => new Map(),
  started: async () => {},
  ended: async () => {},
}

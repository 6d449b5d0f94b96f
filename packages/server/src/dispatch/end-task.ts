import type { TaskStatus } from '@firn/contract/agent/task'
import type { Db, Tx } from '../db/connect.ts'
import { now } from '../db/now.ts'
import type { Nudges } from '../db/nudges.ts'
import type { TaskEnding, TaskRow, TaskSteps } from './task.ts'

export type EndNeeds = { db: Db; nudges: Nudges; steps: TaskSteps }

/** What an agent's last word on a task means (hercules-ci.md 4.7.3–4.7.4). */
export function endingOf(status: TaskStatus): TaskEnding {
  switch (status.tag) {
    case 'Successful':
      return { how: 'succeeded' }
    case 'Terminated':
      return { how: 'failed', failure: status.firn?.failure ?? null }
    case 'Exceptional':
      return status.firn?.declined
        ? { how: 'declined', detail: status.contents }
        : { how: 'broken', detail: status.contents }
  }
}

/** How a task ends that is taken from an agent which goes in good order. */
export function takenBack(task: TaskRow, detail: string): TaskEnding {
  return task.state === 'assigned' ? { how: 'declined', detail } : { how: 'lost', detail, clean: true }
}

/** Ends a locked task and tells its step, in the caller's transaction. */
export async function endTask(
  { tx, steps }: { tx: Tx; steps: TaskSteps },
  task: TaskRow,
  ending: TaskEnding,
): Promise<void> {
  await tx
    .updateTable('task')
    .set({
      state: 'ended',
      outcome: ending.how,
      detail: 'detail' in ending ? ending.detail : null,
      failure: ending.how === 'failed' && ending.failure !== null ? JSON.stringify(ending.failure) : null,
      ended_at: now,
    })
    .where('id', '=', task.id)
    .execute()
  await steps[task.kind].ended(tx, [{ task, ending }])
}

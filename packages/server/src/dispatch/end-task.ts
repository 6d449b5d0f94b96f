import type { TaskStatus } from '@firn/contract/agent/task'
import type { Db, Tx } from '../db/connect.ts'
import { now } from '../db/now.ts'
import type { Nudges } from '../db/nudges.ts'
import { transact } from '../db/transact.ts'
import { outboxTopic } from '../outbox/relay.ts'
import { dispatchTopic } from './enqueue.ts'
import { lockTask } from './store.ts'
import type { TaskEnding, TaskRow, TaskSteps } from './task.ts'

export type EndNeeds = { db: Db; nudges: Nudges; steps: TaskSteps }

/** What an agent's last word on a task means (hercules-ci.md 4.7.3–4.7.4). What it has declined is as if never given to it. */
function endingOf(status: TaskStatus): TaskEnding {
  switch (status.tag) {
    case 'Successful':
      return { how: 'succeeded' }
    case 'Terminated':
      return { how: 'failed', failure: status.firn?.failure ?? null }
    case 'Exceptional':
      return status.firn?.declined
        ? { how: 'lost', detail: status.contents, clean: true }
        : { how: 'broken', detail: status.contents }
  }
}

/**
 * Takes an agent's last word on a task that was given to its session. Said again, or said of a task that has ended
 * otherwise meanwhile (lost, cancelled: 4.4.10), it changes nothing.
 * @returns false: the task is not this session's
 */
export async function acceptStatus(
  { db, nudges, steps }: EndNeeds,
  { taskId, sessionId, status }: { taskId: string; sessionId: string; status: TaskStatus },
): Promise<boolean> {
  const accepted = await transact(db, async (tx) => {
    const task = await lockTask(tx, taskId)
    if (task === undefined || task.session_id !== sessionId) return false
    if (task.state !== 'ended') await endTask({ tx, steps }, task, endingOf(status))
    return true
  })
  nudges.send(outboxTopic)
  nudges.send(dispatchTopic)
  return accepted
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
  await steps[task.kind].ended(tx, task, ending)
}

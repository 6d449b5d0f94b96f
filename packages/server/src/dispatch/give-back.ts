import type { Tx } from '../db/connect.ts'
import { now } from '../db/now.ts'
import { addMessage, lockTask } from './store.ts'
import type { TaskRow, TaskSteps } from './task.ts'

/**
 * An agent that was given up as lost comes back and still works on a task: it goes on with it, unless another has begun
 * it meanwhile or the step of the task has no use for that. The task that was to take its place ends as cancelled, and
 * whoever was given that one is told.
 * @returns false: the agent should stop
 */
export async function giveBack(
  { tx, steps }: { tx: Tx; steps: TaskSteps },
  { sessionId, startId, taskId }: { sessionId: string; startId: string; taskId: string },
): Promise<boolean> {
  const lost = await lockTask(tx, taskId)
  if (lost === undefined || lost.session_id !== sessionId || lost.start_id !== startId || lost.outcome !== 'lost')
    return false
  const { resumed } = steps[lost.kind]
  const successor = await lockSuccessor(tx, lost)
  if (resumed === undefined || successor === undefined || !['queued', 'assigned'].includes(successor.state))
    return false
  if (!(await resumed(tx, lost))) return false
  await withdraw({ tx, steps }, successor)
  await tx
    .updateTable('task')
    .set({ state: 'started', outcome: null, detail: null, ended_at: null, tries: successor.tries })
    .where('id', '=', lost.id)
    .execute()
  return true
}

/** The newest task of the same work that came after it. */
function lockSuccessor(tx: Tx, lost: TaskRow): Promise<TaskRow | undefined> {
  return tx
    .selectFrom('task')
    .selectAll()
    .where('kind', '=', lost.kind)
    .where('subject', '=', lost.subject)
    .where('attempt', '=', lost.attempt)
    .where('queued_at', '>', lost.queued_at)
    .where('id', '!=', lost.id)
    .orderBy('queued_at', 'desc')
    .limit(1)
    .forUpdate()
    .executeTakeFirst()
}

async function withdraw({ tx, steps }: { tx: Tx; steps: TaskSteps }, task: TaskRow): Promise<void> {
  await tx
    .updateTable('task')
    .set({ state: 'ended', outcome: 'cancelled', detail: 'Its agent came back.', ended_at: now })
    .where('id', '=', task.id)
    .execute()
  if (task.start_id !== null) await addMessage(tx, task.start_id, 'cancel', task.id)
  await steps[task.kind].cancelled?.(tx, [task])
}

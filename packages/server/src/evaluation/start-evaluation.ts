import { newId } from '../catalog/ids.ts'
import type { Tx } from '../db/connect.ts'
import { enqueueTasks } from '../dispatch/enqueue.ts'

/** Queues the evaluation of a new job. */
export async function startEvaluation(
  tx: Tx,
  { jobId, accountId }: { jobId: string; accountId: string },
): Promise<void> {
  const taskId = await queueTask(tx, { jobId, accountId, tries: 0, afterMs: 0 })
  await tx.insertInto('evaluation').values({ id: newId(), job_id: jobId, task_id: taskId }).execute()
}

export async function queueTask(
  tx: Tx,
  { jobId, accountId, tries, afterMs }: { jobId: string; accountId: string; tries: number; afterMs: number },
): Promise<string> {
  const [taskId] = await enqueueTasks(tx, [
    { accountId, kind: 'evaluate', platform: 'x86_64-linux', requiredFeatures: [], subject: jobId, tries, afterMs },
  ])
  if (taskId === undefined) throw new Error('the evaluation was not queued')
  return taskId
}

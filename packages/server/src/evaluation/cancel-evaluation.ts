import type { Tx } from '../db/connect.ts'
import { now } from '../db/now.ts'
import { cancelTasks } from '../dispatch/cancel-tasks.ts'
import type { TaskSteps } from '../dispatch/task.ts'
import { updateEvaluation } from './store.ts'

/** Ends the evaluation of a job whose findings nobody wants any more; what its agent still finds is ignored. */
export async function cancelEvaluation(
  { tx, steps }: { tx: Tx; steps: TaskSteps },
  jobId: string,
  because: string,
): Promise<void> {
  await cancelTasks({ tx, steps }, { kind: 'evaluate', subjects: [jobId], because })
  await updateEvaluation(tx, jobId)
    .set({ state: 'cancelled', error: because, ended_at: now })
    .where('state', 'in', ['queued', 'running'])
    .execute()
}

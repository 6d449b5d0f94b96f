import { urgency } from '@firn/core/queue/match'
import { hurryBuilds } from '../build/hurry-builds.ts'
import type { Db } from '../db/connect.ts'
import type { Nudges } from '../db/nudges.ts'
import { transact } from '../db/transact.ts'
import { dispatchTopic } from '../dispatch/enqueue.ts'
import { hurryTasks } from '../dispatch/hurry-tasks.ts'
import { announce } from '../outbox/announce.ts'
import { outboxTopic } from '../outbox/relay.ts'
import { lockJob } from './store.ts'

/**
 * Puts a job before all others: its evaluation, what it waits for, and the jobs that it still will make.
 * @returns false: it is done already
 */
export async function bumpJob({ db, nudges }: { db: Db; nudges: Nudges }, jobId: string): Promise<boolean> {
  const bumped = await transact(db, async (tx) => {
    const job = await lockJob(tx, jobId)
    if (job === undefined || job.phase === 'Done') return false
    await tx.updateTable('job').set({ is_bumped: true }).where('id', '=', jobId).execute()
    const asked = await tx.selectFrom('job_derivation').select('derivation_id').where('job_id', '=', jobId).execute()
    await hurryBuilds(
      tx,
      asked.map((row) => row.derivation_id),
      urgency.bumped,
    )
    await hurryTasks(tx, 'evaluate', [jobId], urgency.bumped)
    await announce(tx, { kind: 'job.changed', projectId: job.project_id, jobId })
    return true
  })
  nudges.send(outboxTopic)
  nudges.send(dispatchTopic)
  return bumped
}

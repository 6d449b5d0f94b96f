import { resetFailures } from '../build/retry.ts'
import type { Person } from '../catalog/people.ts'
import { findProject } from '../catalog/projects.ts'
import { found } from '../catalog/routes.ts'
import type { Db } from '../db/connect.ts'
import type { Nudges } from '../db/nudges.ts'
import { transact } from '../db/transact.ts'
import { dispatchTopic } from '../dispatch/enqueue.ts'
import { outboxTopic } from '../outbox/relay.ts'
import { type CreatedJob, createRerun } from './create-job.ts'
import { lockJob } from './store.ts'

/**
 * A new job for the same source and inputs, with a new evaluation (hercules-ci.md 2.5.4).
 * @param rebuildFailures also builds again what failed for the old one
 */
export async function rerunJob(
  { db, nudges }: { db: Db; nudges: Nudges },
  job: { id: string; account_id: string },
  { by, rebuildFailures }: { by: Person; rebuildFailures: boolean },
): Promise<CreatedJob> {
  const created = await transact(db, async (tx) => {
    const original = found(await lockJob(tx, job.id), 'job')
    const project = found(await findProject(tx, original.project_id), 'project')
    if (rebuildFailures) {
      const asked = await tx.selectFrom('job_derivation').select('derivation_id').where('job_id', '=', job.id).execute()
      await resetFailures(
        tx,
        job.account_id,
        asked.map((row) => row.derivation_id),
      )
    }
    return createRerun(tx, project, original, by)
  })
  nudges.send(outboxTopic)
  nudges.send(dispatchTopic)
  return created
}

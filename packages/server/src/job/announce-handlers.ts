import { findProject } from '../catalog/projects.ts'
import type { Db } from '../db/connect.ts'
import type { Nudges } from '../db/nudges.ts'
import { transact } from '../db/transact.ts'
import { dispatchTopic } from '../dispatch/enqueue.ts'
import { readEvaluation, readHandlers } from '../evaluation/read-evaluation.ts'
import { outboxTopic } from '../outbox/relay.ts'
import { createHandlerJob } from './create-job.ts'
import { lockJob } from './store.ts'

/**
 * Makes the jobs of the onPush handlers that a commit's configuration declares, once each. A configuration with an error in it
 * starts none (hercules-ci.md 1.11.10).
 */
export async function createHandlerJobs(
  { db, nudges }: { db: Db; nudges: Nudges },
  configJobId: string,
): Promise<void> {
  await transact(db, async (tx) => {
    const config = await lockJob(tx, configJobId)
    if (config === undefined || config.type !== 'Config') return
    const evaluation = await readEvaluation(tx, configJobId)
    if (evaluation === undefined || evaluation.state !== 'succeeded' || evaluation.problems > 0) return
    const project = await findProject(tx, config.project_id)
    if (project === undefined) return
    const made = await tx.selectFrom('job').select('name').where('config_job_id', '=', config.id).execute()
    const names = new Set(made.map((job) => job.name))
    const { onPush } = await readHandlers(tx, configJobId)
    for (const handler of onPush.filter(({ name }) => !names.has(name)))
      await createHandlerJob(tx, project, config, handler.name)
  })
  nudges.send(outboxTopic)
  nudges.send(dispatchTopic)
}

import { findProject } from '../catalog/projects.ts'
import type { Db } from '../db/connect.ts'
import type { Nudges } from '../db/nudges.ts'
import { transact } from '../db/transact.ts'
import { dispatchTopic } from '../dispatch/enqueue.ts'
import { addProblem } from '../evaluation/add-problem.ts'
import { readEvaluation, readHandlers } from '../evaluation/read-evaluation.ts'
import { announce } from '../outbox/announce.ts'
import { outboxTopic } from '../outbox/relay.ts'
import { createHandlerJob } from './create-job.ts'
import { resolveInputs } from './resolve-inputs.ts'
import { lockJob } from './store.ts'

/**
 * Makes the jobs of the onPush handlers that a commit's configuration declares, once each. A configuration with an error in it
 * starts none (hercules-ci.md 1.11.10).
 */
export async function createHandlerJobs(
  { db, nudges, publicUrl }: { db: Db; nudges: Nudges; publicUrl: string },
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
    for (const { name, extraInputs } of onPush.filter((handler) => !names.has(handler.name))) {
      const resolved = await resolveInputs(tx, { owner: project, publicUrl }, extraInputs)
      if (resolved.ok) await createHandlerJob(tx, project, { config, name, inputs: resolved.inputs })
      else await addProblem(tx, configJobId, `onPush.${name}: ${resolved.reason}`)
    }
    await announce(tx, { kind: 'attributes.added', projectId: project.id, jobId: configJobId })
  })
  nudges.send(outboxTopic)
  nudges.send(dispatchTopic)
}

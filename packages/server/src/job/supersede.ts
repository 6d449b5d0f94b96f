import { findProject } from '../catalog/projects.ts'
import type { Db, Tx } from '../db/connect.ts'
import type { Nudges } from '../db/nudges.ts'
import { transact } from '../db/transact.ts'
import { cancelTopic } from '../dispatch/cancel-tasks.ts'
import { dispatchTopic } from '../dispatch/enqueue.ts'
import { outboxTopic } from '../outbox/relay.ts'
import { supersedeJob } from './cancel.ts'
import { jobs } from './store.ts'

/**
 * Ends the unfinished jobs of all pushes of a job's branch but the newest, where the project wants that (hercules-ci.md 2.5.11). It
 * waits until everything of the newest is evaluated: only then it is known what both need, and that is not cancelled.
 */
export async function supersedeOlder({ db, nudges }: { db: Db; nudges: Nudges }, jobId: string): Promise<void> {
  const ended = await transact(db, async (tx) => {
    const job = await jobs(tx).where('job.id', '=', jobId).executeTakeFirst()
    const project = job && (await findProject(tx, job.project_id))
    if (job === undefined || !project?.supersede) return 0
    const root = job.rerun_of === null ? await newestPush(tx, job) : undefined
    if (root === undefined || !(await isEvaluated(tx, root.id))) return 0
    let count = 0
    for (const older of await unfinishedBefore(tx, root)) if (await supersedeJob(tx, older, root)) count++
    return count
  })
  if (ended === 0) return
  nudges.send(cancelTopic)
  nudges.send(outboxTopic)
  nudges.send(dispatchTopic)
}

type Root = { id: string; index: number; project_id: string; ref: string }

/** The newest push of the job's branch; a rerun is no push. */
function newestPush(tx: Tx, job: { project_id: string; ref: string }): Promise<Root | undefined> {
  return tx
    .selectFrom('job')
    .select(['id', 'index', 'project_id', 'ref'])
    .where('project_id', '=', job.project_id)
    .where('ref', '=', job.ref)
    .where('config_job_id', 'is', null)
    .where('rerun_of', 'is', null)
    .orderBy('index', 'desc')
    .limit(1)
    .executeTakeFirst()
}

/** The configuration, and a job for each handler that it announced. */
async function isEvaluated(tx: Tx, rootId: string): Promise<boolean> {
  const open = await tx
    .selectFrom('job')
    .innerJoin('evaluation', 'evaluation.job_id', 'job.id')
    .select('job.id')
    .where((eb) => eb.or([eb('job.id', '=', rootId), eb('job.config_job_id', '=', rootId)]))
    .where('evaluation.state', 'in', ['queued', 'running'])
    .limit(1)
    .executeTakeFirst()
  if (open) return false
  const unmade = await tx
    .selectFrom('handler')
    .select('name')
    .where('job_id', '=', rootId)
    .where('type', '=', 'OnPush')
    .where((eb) =>
      eb.not(
        eb.exists(
          eb
            .selectFrom('job')
            .select('job.id')
            .whereRef('job.config_job_id', '=', 'handler.job_id')
            .whereRef('job.name', '=', 'handler.name'),
        ),
      ),
    )
    .limit(1)
    .executeTakeFirst()
  return unmade === undefined
}

function unfinishedBefore(tx: Tx, root: Root) {
  return jobs(tx)
    .leftJoin('job as push', 'push.id', 'job.config_job_id')
    .where('job.project_id', '=', root.project_id)
    .where('job.ref', '=', root.ref)
    .where('job.phase', '!=', 'Done')
    .where('job.rerun_of', 'is', null)
    .where((eb) => eb(eb.fn.coalesce('push.index', 'job.index'), '<', root.index))
    .orderBy('job.index')
    .execute()
}

import { cancelBuildsOfJob } from '../build/cancel-builds.ts'
import { findProject } from '../catalog/projects.ts'
import type { Tx } from '../db/connect.ts'
import { transact } from '../db/transact.ts'
import { cancelTopic } from '../dispatch/cancel-tasks.ts'
import type { EndNeeds } from '../dispatch/end-task.ts'
import { dispatchTopic } from '../dispatch/enqueue.ts'
import { outboxTopic } from '../outbox/relay.ts'
import { supersedeJob, whySuperseded } from './cancel.ts'
import { jobs } from './store.ts'

/**
 * A push has come, or a job of one: evaluations of older pushes of its branch are ended at once, where the project wants that
 * (hercules-ci.md 2.5.11; docs/decisions/060…), since nothing else would use what they find. Builds that they have asked for go on
 * until it is known what the newest push needs.
 */
export async function supersedeEvaluations(needs: EndNeeds, jobId: string): Promise<void> {
  await inBranch(needs, jobId, async (tx, newest) => {
    for (const older of await evaluatingBefore(tx, newest))
      await supersedeJob({ tx, steps: needs.steps }, older, newest, { keepBuilds: true })
  })
}

/**
 * Ends the unfinished jobs of all pushes of a job's branch but the newest, where the project wants that, and what was left of those
 * that were ended before. It waits until everything of the newest is evaluated: only then it is known what both need, and that is
 * not cancelled.
 */
export async function supersedeOlder(needs: EndNeeds, jobId: string): Promise<void> {
  await inBranch(needs, jobId, async (tx, newest) => {
    if (!(await isEvaluated(tx, newest.id))) return
    for (const older of await unfinishedBefore(tx, newest).execute())
      await supersedeJob({ tx, steps: needs.steps }, older, newest)
    for (const ended of await endedWithBuilds(tx, newest))
      await cancelBuildsOfJob({ tx, steps: needs.steps }, ended, whySuperseded(ended, newest))
  })
}

/** `work` with the newest push of a job's branch, where the project lets that supersede older ones. A tag has no newer push. */
async function inBranch(
  { db, nudges }: EndNeeds,
  jobId: string,
  work: (tx: Tx, newest: Root) => Promise<void>,
): Promise<void> {
  const done = await transact(db, async (tx) => {
    const job = await jobs(tx).where('job.id', '=', jobId).executeTakeFirst()
    const project = job && (await findProject(tx, job.project_id))
    if (!project?.supersede || job?.rerun_of !== null || !job.ref.startsWith('refs/heads/')) return false
    const newest = await newestPush(tx, job)
    if (newest !== undefined) await work(tx, newest)
    return newest !== undefined
  })
  if (!done) return
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

function before(tx: Tx, root: Root) {
  return jobs(tx)
    .leftJoin('job as push', 'push.id', 'job.config_job_id')
    .where('job.project_id', '=', root.project_id)
    .where('job.ref', '=', root.ref)
    .where('job.rerun_of', 'is', null)
    .where((eb) => eb(eb.fn.coalesce('push.index', 'job.index'), '<', root.index))
    .orderBy('job.index')
}

const unfinishedBefore = (tx: Tx, root: Root) => before(tx, root).where('job.phase', '!=', 'Done')

function evaluatingBefore(tx: Tx, root: Root) {
  return unfinishedBefore(tx, root)
    .innerJoin('evaluation', 'evaluation.job_id', 'job.id')
    .where('evaluation.state', 'in', ['queued', 'running'])
    .execute()
}

/** Those that were superseded while they were evaluated, and of whose builds some are left. */
function endedWithBuilds(tx: Tx, root: Root) {
  return before(tx, root)
    .where('job.superseded_by', 'is not', null)
    .where((eb) =>
      eb.exists(
        eb
          .selectFrom('job_derivation')
          .innerJoin('derivation', 'derivation.id', 'job_derivation.derivation_id')
          .select('derivation.id')
          .whereRef('job_derivation.job_id', '=', 'job.id')
          .where('derivation.status', 'in', ['Waiting', 'Building']),
      ),
    )
    .execute()
}

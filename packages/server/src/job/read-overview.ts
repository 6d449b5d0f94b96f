import type { JobOverview } from '@firn/contract/api/overview'
import { showAttributePath } from '@firn/contract/attribute-path'
import { listEffects, listErrors, slowestAttributes } from '../build/read-attributes.ts'
import { firstBuildAt, listFailures, runningBuilds, unmetOf, waitingRequirements } from '../build/read-builds.ts'
import { countAttributeErrors } from '../build/read-facts.ts'
import { findProject, showProject } from '../catalog/projects.ts'
import { found } from '../catalog/routes.ts'
import type { Reads } from '../db/connect.ts'
import { linesOf } from '../dispatch/read-lines.ts'
import { asUrgency } from '../dispatch/urgency.ts'
import { readFarm, whyAllQueued } from '../dispatch/why-queued.ts'
import { readEvaluation, readHandlers, readMessages } from '../evaluation/read-evaluation.ts'
import { waitingImports } from '../evaluation/read-waiting.ts'
import type { LogNeeds } from '../logs/append.ts'
import { readWindow } from '../logs/read.ts'
import { showJobs } from './show-jobs.ts'
import { type JobWithAddress, jobs } from './store.ts'

const shownMax = 50
const lastLines = 12

/** What the page of a job shows first. */
export async function readOverview(
  needs: LogNeeds & { publicUrl: string },
  row: JobWithAddress,
  mayWrite: boolean,
): Promise<JobOverview> {
  const { db } = needs
  const evaluation = found(await readEvaluation(db, row.id), 'evaluation')
  const [job] = await showJobs(db, [row], mayWrite)
  const handlers = await readHandlers(db, row.id)
  const waiting = await waitingRequirements(db, row.id)
  const farm = await readFarm(db, row.account_id)
  const lines = waiting.length === 0 ? [] : await linesOf(db, row.account_id)
  const failures = await listFailures(db, row.id, shownMax)
  const effects = await listEffects(db, row.id)
  const counts = found(job, 'job').counts
  return {
    project: showProject(found(await findProject(db, row.project_id), 'project'), needs.publicUrl),
    job: found(job, 'job'),
    timeline: {
      queuedAt: row.created_at.toISOString(),
      evaluationStartedAt: evaluation.started_at?.toISOString() ?? null,
      evaluationEndedAt: evaluation.ended_at?.toISOString() ?? null,
      buildsStartedAt: (await firstBuildAt(db, row.id))?.toISOString() ?? null,
      endedAt: row.ended_at?.toISOString() ?? null,
    },
    errors: await listErrors(db, row.id, shownMax),
    errorsTotal: await countAttributeErrors(db, row.id),
    failures: await Promise.all(
      failures.map(async (failure) => ({ ...failure, lastLines: await tailOf(needs, failure.logId) })),
    ),
    failuresTotal: counts.buildFailure,
    messages: await readMessages(db, row.id),
    running: await runningBuilds(db, row.id),
    imports: await waitingImports(db, row.id),
    slowest: await slowestAttributes(db, row.id, 10),
    compareWith: await earlierJob(db, row),
    reusedFrom: await reusedFrom(db, evaluation.reused_from),
    waiting: waiting.map(
      ({ platform, features, urgency, n }) =>
        `${n} for ${platform}: ${whyAllQueued({ kind: 'build', platform, features, urgency: asUrgency(urgency) }, farm, lines)}`,
    ),
    unmetAgentRequirements: unmetOf(waiting, farm.agents),
    handlers,
    notRun: [
      ...effects.map((path) => ({ what: 'effect' as const, name: showAttributePath(path) })),
      ...handlers.onSchedule.map(({ name }) => ({ what: 'schedule' as const, name })),
    ],
    evaluationLogId: evaluation.started_at === null ? null : evaluation.task_id,
    evaluationAgent: evaluation.agent_hostname,
    siblings: await siblingsOf(needs, row, mayWrite),
  }
}

async function tailOf(needs: LogNeeds, logId: string | null) {
  if (logId === null) return []
  return (await readWindow(needs, logId, { from: -lastLines, count: lastLines }))?.lines ?? []
}

/** The newest earlier job of the same handler and ref. */
async function earlierJob(db: Reads, row: JobWithAddress) {
  const earlier = await db
    .selectFrom('job')
    .select(['id as jobId', 'index'])
    .where('project_id', '=', row.project_id)
    .where('ref', '=', row.ref)
    .where('type', '=', row.type)
    .where('name', row.name === null ? 'is' : '=', row.name)
    .where('index', '<', row.index)
    .where('phase', '=', 'Done')
    .orderBy('index', 'desc')
    .limit(1)
    .executeTakeFirst()
  return earlier ?? null
}

async function reusedFrom(db: Reads, jobId: string | null) {
  if (jobId === null) return null
  const row = await db.selectFrom('job').select(['id as jobId', 'index']).where('id', '=', jobId).executeTakeFirst()
  return row ?? null
}

/** The other jobs of the same push. */
async function siblingsOf({ db }: LogNeeds, row: JobWithAddress, mayWrite: boolean) {
  const root = row.config_job_id ?? row.id
  const rows = await jobs(db)
    .where((eb) => eb.or([eb('job.id', '=', root), eb('job.config_job_id', '=', root)]))
    .where('job.id', '!=', row.id)
    .orderBy('job.index')
    .limit(100)
    .execute()
  return showJobs(db, rows, mayWrite)
}

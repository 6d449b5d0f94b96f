import { Refusal } from '@firn/base/refusal'
import type { EvaluationDetail } from '@firn/contract/api/evaluation'
import { compareEvaluations, compareImports } from '../build/compare.ts'
import { failureGraph } from '../build/failure-graph.ts'
import { allAttributes } from '../build/read-attributes.ts'
import { countBuilds, derivationStates, noBuilds, unmetOf, waitingRequirements } from '../build/read-builds.ts'
import { type Caller, personOf, reader, writer } from '../catalog/caller.ts'
import { findProject, findProjectBySite, listProjects, type ProjectRow, showProject } from '../catalog/projects.ts'
import { found } from '../catalog/routes.ts'
import type { Db } from '../db/connect.ts'
import type { EndNeeds } from '../dispatch/end-task.ts'
import { agentsOnline, listSessions } from '../dispatch/read-agents.ts'
import { listQueue } from '../dispatch/read-queue.ts'
import { revokeJoinToken } from '../dispatch/revoke-token.ts'
import { readEvaluation, readHandlers, readImports, readMessages } from '../evaluation/read-evaluation.ts'
import type { LogNeeds } from '../logs/append.ts'
import { readWindow } from '../logs/read.ts'
import { bumpJob } from './bump.ts'
import { cancelJob } from './cancel.ts'
import { listJobs } from './list-jobs.ts'
import { readCommitOverview } from './read-commit.ts'
import { readHome } from './read-home.ts'
import { readOverview } from './read-overview.ts'
import { rerunJob } from './rerun.ts'
import { showJobs } from './show-jobs.ts'
import { jobs } from './store.ts'
import { taskSubjects } from './task-subjects.ts'

export type JobRouteNeeds = LogNeeds & EndNeeds & { publicUrl: string; hasForge: boolean }

const mayWrite = (caller: Caller) => caller.kind === 'person'

export function jobRoutes(needs: JobRouteNeeds) {
  const { db, publicUrl } = needs
  const find = async (id: string) => found(await jobs(db).where('job.id', '=', id).executeTakeFirst(), 'job')
  const page = async (project: ProjectRow, filter: Parameters<typeof listJobs>[2], caller: Caller) => {
    const { rows, more } = await listJobs(db, project, filter)
    return { items: await showJobs(db, rows, mayWrite(caller)), more }
  }
  const one = async (id: string, caller: Caller) =>
    found((await showJobs(db, [await find(id)], mayWrite(caller)))[0], 'job')
  return {
    ofProject: reader.projects.jobs.handler(async ({ input, context }) =>
      page(found(await findProject(db, input.id), 'project'), input, context.caller),
    ),
    bySite: reader.projects.jobsBySite.handler(async ({ input, context }) =>
      page(found(await findProjectBySite(db, input), 'project'), input, context.caller),
    ),
    jobs: {
      list: reader.jobs.list.handler(async ({ input, context }) => {
        const { index, latest, ...at } = input
        const projects = await listProjects(db, { ...at } as Parameters<typeof listProjects>[1])
        return Promise.all(
          projects.map(async (project) => {
            let query = jobs(db).where('job.project_id', '=', project.id).orderBy('job.index', 'desc')
            query =
              index === undefined
                ? query.limit(input.project === undefined ? latest : 1000)
                : query.where('job.index', '=', index)
            return {
              project: showProject(project, publicUrl),
              jobs: await showJobs(db, await query.execute(), mayWrite(context.caller)),
            }
          }),
        )
      }),
      get: reader.jobs.get.handler(({ input, context }) => one(input.id, context.caller)),
      handlers: reader.jobs.handlers.handler(({ input }) => readHandlers(db, input.id)),
      evaluation: reader.jobs.evaluation.handler(async ({ input }) => readDetail(db, await find(input.id))),
      evaluationLog: reader.jobs.evaluationLog.handler(async ({ input }) => {
        const evaluation = found(await readEvaluation(db, input.id), 'evaluation')
        const id = found(evaluation.task_id ?? undefined, 'log')
        if (input.logId !== undefined && input.logId !== id)
          throw new Refusal('NOT_FOUND', 'The evaluation of this job has no log with this id.')
        const { lines, done } = found(await readWindow(needs, id, { from: input.iMin, count: 5000 }), 'log')
        return { id, lines, done }
      }),
      compare: reader.jobs.compare.handler(async ({ input }) => {
        const [before, after] = [await find(input.baseJobId), await find(input.id)]
        return {
          ...(await compareEvaluations(db, before.id, after.id)),
          ifds: await compareImports(db, before.id, after.id),
        }
      }),
      rerun: writer.jobs.rerun.handler(async ({ input, context }) => {
        const created = await rerunJob(needs, found(await find(input.id), 'job'), {
          by: personOf(context.caller),
          rebuildFailures: input.rebuildFailures,
        })
        return one(created.id, context.caller)
      }),
      cancel: writer.jobs.cancel.handler(async ({ input, context }) => {
        const row = await find(input.id)
        if (!(await cancelJob(needs, row, personOf(context.caller))))
          throw new Refusal('CONFLICT', `Job #${row.index} is done, so there is nothing left to cancel.`)
        return {}
      }),
      failures: reader.jobs.failures.handler(async ({ input }) => failureGraph(db, (await find(input.id)).id)),
    },
    bump: writer.firn.bumpJob.handler(async ({ input, context }) => {
      const row = await find(input.id)
      if (!(await bumpJob(needs, row.id)))
        throw new Refusal('CONFLICT', `Job #${row.index} is done, so there is nothing left to put first.`)
      return one(row.id, context.caller)
    }),
    home: reader.firn.home.handler(({ context }) =>
      readHome(db, { publicUrl, mayWrite: mayWrite(context.caller), hasForge: needs.hasForge }),
    ),
    commit: reader.firn.commit.handler(async ({ input, context }) =>
      readCommitOverview(db, found(await findProject(db, input.id), 'project'), {
        rev: input.rev,
        publicUrl,
        mayWrite: mayWrite(context.caller),
      }),
    ),
    overview: reader.firn.jobOverview.handler(async ({ input, context }) =>
      readOverview(needs, await find(input.id), mayWrite(context.caller)),
    ),
    agents: reader.agents.sessions.handler(({ input }) =>
      listSessions(db, input.id, (tasks) => taskSubjects(db, tasks)),
    ),
    revokeJoinToken: writer.firn.revokeJoinToken.handler(async ({ input, context }) => {
      const by = personOf(context.caller).name
      const sessions = await revokeJoinToken(needs, { accountId: input.id, tokenId: input.tokenId }, by)
      return { sessions: found(sessions, 'join token') }
    }),
    queue: reader.firn.queue.handler(({ input }) => listQueue(db, input.id)),
  }
}

/** The whole evaluation in the published shape (hercules-ci.md 5.3). */
async function readDetail(db: Db, job: { id: string; account_id: string }): Promise<EvaluationDetail> {
  const evaluation = found(await readEvaluation(db, job.id), 'evaluation')
  const agents = await agentsOnline(db, job.account_id)
  return {
    ...((await countBuilds(db, [job.id])).get(job.id) ?? noBuilds),
    ...(await readImports(db, job.id)),
    id: evaluation.id,
    agentHostname: evaluation.agent_hostname,
    agentVersion: evaluation.agent_version,
    messages: await readMessages(db, job.id),
    attributes: await allAttributes(db, job.id),
    evaluationLog: evaluation.started_at === null ? null : evaluation.task_id,
    derivations: await derivationStates(db, job.id),
    unmetAgentRequirements: unmetOf(await waitingRequirements(db, job.id), agents),
  }
}

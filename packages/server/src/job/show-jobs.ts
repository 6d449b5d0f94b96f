import { type Job, PinnedInput } from '@firn/contract/api/job'
import { pages } from '@firn/contract/paths'
import { jobSentence } from '@firn/core/status/job-sentence'
import { sql } from 'kysely'
import { z } from 'zod'
import { countBuilds, noBuilds } from '../build/read-builds.ts'
import type { Reads } from '../db/connect.ts'
import { agentsGiven, silentMs } from '../dispatch/read-agents.ts'
import { whySubjectsQueued } from '../dispatch/why-queued.ts'
import type { JobWithAddress } from './store.ts'

type Facts = {
  job_id: string
  evaluation_id: string
  state: string
  error: string | null
  agent: string | null
  silent_ms: number | null
  problems: number
  effects: number
  handlers: number
  unmet_failures: number
}

/** Jobs as the API shows them, in the order given. */
export async function showJobs(db: Reads, rows: JobWithAddress[], mayWrite: boolean): Promise<Job[]> {
  if (rows.length === 0) return []
  const ids = rows.map((row) => row.id)
  const counts = await countBuilds(db, ids)
  const facts = new Map((await factsOf(db, ids)).map((fact) => [fact.job_id, fact]))
  const waits = await queueReasons(db, rows)
  return rows.map((row) => {
    const fact = facts.get(row.id)
    const own = counts.get(row.id) ?? noBuilds
    return {
      ...plain(row),
      evaluationId: fact?.evaluation_id ?? row.id,
      mayCancel: mayWrite && row.phase !== 'Done',
      mayRerun: mayWrite,
      counts: own,
      because: jobSentence({
        type: row.type,
        phase: row.phase,
        status: row.status,
        evaluation: evaluationOf(fact),
        counts: own,
        unmetFailures: fact?.unmet_failures ?? 0,
        handlers: fact?.handlers ?? 0,
        effects: fact?.effects ?? 0,
        waitsBecause: waits.get(row.id) ?? null,
        cancelled: row.is_cancelled
          ? {
              by: row.cancelled_by_name,
              successor: row.superseded_by_index,
              isUnevaluated: fact?.state === 'cancelled',
            }
          : null,
      }),
    }
  })
}

function evaluationOf(fact: Facts | undefined) {
  const { error = null, problems = 0, agent = null, silent_ms: forMs = null } = fact ?? {}
  return { error, problems, agent, silence: forMs === null ? null : { forMs } }
}

const Inputs = z.record(z.string(), PinnedInput)

function plain(row: JobWithAddress) {
  return {
    id: row.id,
    projectId: row.project_id,
    index: row.index,
    repoName: row.project,
    ownerName: row.account,
    forgeName: row.site,
    repoId: row.project_id,
    startTime: row.created_at.toISOString(),
    endTime: row.ended_at?.toISOString() ?? null,
    jobPhase: row.phase,
    isCancelled: row.is_cancelled,
    jobStatus: row.status,
    evaluationStatus: row.evaluation_status,
    derivationStatus: row.derivation_status,
    effectsStatus: row.effects_status,
    source: {
      revision: row.rev,
      ref: row.ref,
      message: row.message,
      gitCommitterName: row.committer,
      committer: null,
      link: pages.commit(row, row.rev),
    },
    extraInputs: Inputs.parse(row.extra_inputs),
    jobType: row.type,
    jobName: row.name,
    rerunOf: row.rerun_of,
    rerunOfIndex: row.rerun_of_index,
    startedBy: row.started_by,
    cancelledBy: row.cancelled_by,
    isBumped: row.is_bumped,
  }
}

async function factsOf(db: Reads, ids: string[]): Promise<Facts[]> {
  const { rows } = await sql<Facts>`
    select e.job_id, e.id as evaluation_id, e.state, e.error, e.agent_hostname as agent,
      (select ${silentMs} from task join agent_session on agent_session.id = task.session_id
        where task.id = e.task_id and task.state = 'started') as silent_ms,
      (select count(*) from attribute where job_id = e.job_id and outcome = 'Failure' and error is not null)::int
        + (select count(*) from evaluation_message where job_id = e.job_id and type = 'Error')::int as problems,
      (select count(*) from attribute where job_id = e.job_id and type = 'Effect')::int as effects,
      (select count(*) from attribute a join derivation d on d.id = a.derivation_id
        where a.job_id = e.job_id and a.type = 'MustFail' and d.status = 'BuildSuccess')::int as unmet_failures,
      (select count(*) from handler where job_id = e.job_id and type = 'OnPush')::int as handlers
    from evaluation e where e.job_id = any(${ids}::uuid[])`.execute(db)
  return rows
}

/** Why each queued job is not being evaluated yet. */
async function queueReasons(db: Reads, rows: JobWithAddress[]): Promise<Map<string, string>> {
  const queued = rows.filter((row) => row.phase === 'Queued')
  const given = await agentsGiven(
    db,
    queued.map((row) => row.id),
  )
  const reasons = new Map([...given].map(([id, agent]) => [id, `Given to agent ${agent}; about to start.`]))
  for (const [accountId, own] of Map.groupBy(queued, (row) => row.account_id)) {
    const subjects = own.map((row) => row.id)
    for (const [id, because] of await whySubjectsQueued(db, { accountId, kind: 'evaluate', subjects }))
      reasons.set(id, because)
  }
  return reasons
}

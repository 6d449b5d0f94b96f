import { EvaluationFacts } from '@firn/contract/agent/evaluate-event'
import { decideReuse } from '@firn/core/job/reuse'
import type { Urgency } from '@firn/core/queue/match'
import { sql } from 'kysely'
import { copyFindings, finishFindings } from '../build/add-findings.ts'
import type { Tx } from '../db/connect.ts'
import { evaluatorVersions } from '../dispatch/read-agents.ts'
import { announce } from '../outbox/announce.ts'

type NewJob = { jobId: string; projectId: string; accountId: string; urgency: Urgency }

type Candidate = {
  job_id: string
  facts: unknown
  ref: string
  rev: string
  is_flake: boolean
  now_ref: string
  now_rev: string
  has_effects: boolean
}

/**
 * Finds an evaluation whose findings are those of the new job too, and takes them over: same project, tree, handler,
 * extra inputs and settings, ended well, and nothing looked at that differs (core/job/reuse.ts).
 * @returns the job it was taken from
 */
export async function reuseEvaluation(tx: Tx, job: NewJob): Promise<string | undefined> {
  const nixVersions = await evaluatorVersions(tx, job.accountId)
  const candidates = await candidatesFor(tx, job.jobId)
  const source = candidates.find(
    (row) =>
      decideReuse({
        facts: EvaluationFacts.parse(row.facts),
        isFlake: row.is_flake,
        hasEffects: row.has_effects,
        before: { ref: row.ref, rev: row.rev },
        now: { ref: row.now_ref, rev: row.now_rev },
        nixVersions,
      }).again,
  )
  if (source === undefined || !(await hold(tx, source.job_id))) return undefined
  await takeOver(tx, job, source.job_id)
  return source.job_id
}

/** The newest few that are equal in everything but the push. */
async function candidatesFor(tx: Tx, jobId: string): Promise<Candidate[]> {
  const { rows } = await sql<Candidate>`
    select old.id as job_id, e.facts, old.ref, old.rev, old.is_flake, job.ref as now_ref, job.rev as now_rev,
      exists (select from attribute a where a.job_id = old.id and a.type = 'Effect') as has_effects
    from job join evaluation own on own.job_id = job.id
      join job old on old.project_id = job.project_id and old.tree = job.tree and old.id <> job.id
        and old.is_flake = job.is_flake and old.name is not distinct from job.name
        and old.extra_inputs = job.extra_inputs
        and (old.config_job_id is null) = (job.config_job_id is null)
      join evaluation e on e.job_id = old.id and e.state = 'succeeded' and e.facts is not null
        and e.settings = own.settings
    where job.id = ${jobId} and old.evaluation_status = 'Success'
    order by old.index desc limit 10`.execute(tx)
  return rows
}

/** Until the transaction ends, its findings are not removed. @returns whether the job is still there */
async function hold(tx: Tx, jobId: string): Promise<boolean> {
  return (
    (await tx.selectFrom('job').select('id').where('id', '=', jobId).forKeyShare().executeTakeFirst()) !== undefined
  )
}

async function takeOver(tx: Tx, job: NewJob, from: string): Promise<void> {
  const { jobId, projectId } = job
  await sql`
    insert into evaluation_message (job_id, index, type, message, path)
    select ${jobId}, index, type, message, path from evaluation_message where job_id = ${from}`.execute(tx)
  await sql`
    insert into handler (job_id, type, name, is_flake, extra_inputs, runs_when)
    select ${jobId}, type, name, is_flake, extra_inputs, runs_when from handler where job_id = ${from}`.execute(tx)
  await sql`
    update evaluation set state = 'succeeded', has_config = old.has_config, facts = old.facts, reused_from = ${from},
      agent_hostname = old.agent_hostname, started_at = now(), ended_at = now()
    from evaluation old where evaluation.job_id = ${jobId} and old.job_id = ${from}`.execute(tx)
  await copyFindings(tx, job, from)
  await finishFindings(tx, job)
  await announce(tx, { kind: 'evaluation.ended', projectId, jobId })
}

import { BuildFailure } from '@firn/contract/agent/build-failure'
import type { DerivationStatus } from '@firn/contract/api/derivation'
import type { UnmetRequirement } from '@firn/contract/api/evaluation'
import type { BuildCounts } from '@firn/contract/api/job'
import { type FailureGroup, JobAddress, type RunningBuild } from '@firn/contract/api/overview'
import { DrvPath } from '@firn/contract/ids'
import { failureSentence } from '@firn/core/build/failure-sentence'
import type { AgentSlots } from '@firn/core/queue/match'
import { suits } from '@firn/core/queue/suits'
import { sql } from 'kysely'
import type { z } from 'zod'
import type { Reads } from '../db/connect.ts'
import { isSilent } from '../dispatch/read-agents.ts'
import { derivationNameOf } from './derivation-name.ts'

export const noBuilds: BuildCounts = {
  waiting: 0,
  building: 0,
  buildFailure: 0,
  dependencyFailure: 0,
  buildSuccess: 0,
  cancelled: 0,
}

/** How many of the derivations that each job asked for are in which state. */
export async function countBuilds(db: Reads, jobIds: string[]): Promise<Map<string, BuildCounts>> {
  const { rows } = await sql<BuildCounts & { job_id: string }>`
    select j.job_id,
      (count(*) filter (where d.status in ('Waiting', 'NotPlanned')))::int as waiting,
      (count(*) filter (where d.status = 'Building'))::int as building,
      (count(*) filter (where d.status = 'BuildFailure'))::int as "buildFailure",
      (count(*) filter (where d.status = 'DependencyFailure'))::int as "dependencyFailure",
      (count(*) filter (where d.status = 'BuildSuccess'))::int as "buildSuccess",
      (count(*) filter (where d.status = 'Cancelled'))::int as cancelled
    from job_derivation j join derivation d on d.id = j.derivation_id
    where j.job_id = any(${jobIds}::uuid[]) group by j.job_id`.execute(db)
  return new Map(rows.map(({ job_id, ...counts }) => [job_id, counts]))
}

/** What builds now for a job, longest first, with the usual duration of builds of the same name. */
export async function runningBuilds(db: Reads, jobId: string, limit = 50): Promise<RunningBuild[]> {
  const { rows } = await sql<{
    path: string
    started_at: Date
    hostname: string | null
    log_id: string | null
    silent_since: Date | null
    ms: number | null
  }>`
    select d.path, d.started_at, t.hostname, t.id as log_id, t.silent_since, l.mean_ms as ms
    from job_derivation j join derivation d on d.id = j.derivation_id
      left join build_duration l on l.account_id = d.account_id and l.name = ${derivationNameOf('d')}
      left join lateral (
        select task.id, hostname, case when ${isSilent} then last_seen end as silent_since
        from task join agent_session on agent_session.id = task.session_id
        where task.kind = 'build' and task.subject = d.id::text and task.state = 'started' limit 1
      ) t on true
    where j.job_id = ${jobId} and d.status = 'Building' order by d.started_at limit ${limit}`.execute(db)
  return rows.map(({ path, started_at, hostname, log_id, silent_since, ms }) => ({
    derivationPath: DrvPath.parse(path),
    startedAt: started_at.toISOString(),
    agentHostname: hostname ?? 'an agent',
    silentSince: silent_since?.toISOString() ?? null,
    logId: log_id,
    expectedMs: ms,
  }))
}

export type Failure = Omit<z.infer<typeof FailureGroup>, 'lastLines'>

/** The derivations that failed for a job, each with the attributes it fails and blocks. */
export async function listFailures(db: Reads, jobId: string, limit: number): Promise<Failure[]> {
  const { rows } = await sql<FailedRow>`
    select d.id, d.path, d.technical_error, t.failure, t.hostname, (
        select id from task where kind = 'build' and subject = d.id::text and started_at is not null
        order by queued_at desc limit 1) as log_id,
      case when d.ended_at < job.created_at then d.ended_at end as remembered_at, (
        select jsonb_build_object('site', f.slug, 'account', a.slug, 'project', p.slug, 'index', o.index)
        from job_derivation oj join job o on o.id = oj.job_id join project p on p.id = o.project_id
          join account a on a.id = p.account_id join forge f on f.id = a.forge_id
        where oj.derivation_id = d.id and o.created_at <= d.ended_at and d.ended_at < job.created_at
        order by o.created_at desc limit 1) as remembered_for
    from job_derivation j join derivation d on d.id = j.derivation_id join job on job.id = j.job_id
      left join lateral (
        select task.failure, s.hostname from task left join agent_session s on s.id = task.session_id
        where kind = 'build' and subject = d.id::text and outcome is not null
        order by queued_at desc limit 1) t on true
    where j.job_id = ${jobId} and d.status = 'BuildFailure' order by d.ended_at, d.id limit ${limit}`.execute(db)
  const blocked = await blockedAttributes(
    db,
    jobId,
    rows.map((row) => row.id),
  )
  return rows.map((row) => {
    const own = blocked.filter((attribute) => attribute.root === row.id)
    const blocks = own.filter((attribute) => !attribute.itself)
    return {
      derivationPath: DrvPath.parse(row.path),
      technicalError: row.technical_error,
      ...tellFailure(row),
      attributes: own.filter((attribute) => attribute.itself).map((attribute) => attribute.path),
      blocks: blocks.slice(0, 50).map((attribute) => attribute.path),
      blocksTotal: blocks.length,
      logId: row.log_id,
      remembered:
        row.remembered_at === null
          ? null
          : { at: row.remembered_at.toISOString(), job: JobAddress.nullable().parse(row.remembered_for) },
    }
  })
}

type FailedRow = {
  id: number
  path: string
  technical_error: string | null
  failure: unknown
  hostname: string | null
  log_id: string | null
  remembered_at: Date | null
  remembered_for: unknown
}

function tellFailure(row: Pick<FailedRow, 'technical_error' | 'failure' | 'hostname'>) {
  const failure = row.failure === null ? null : BuildFailure.parse(row.failure)
  return { failure, because: row.technical_error ?? failureSentence(failure, row.hostname) }
}

/** For each failed derivation the job's attributes that are it, or that need it however indirectly. */
async function blockedAttributes(db: Reads, jobId: string, roots: number[]) {
  const { rows } = await sql<{ root: number; itself: boolean; path: string[] }>`
    with recursive above as (
      select r as root, r as id from unnest(${roots}::bigint[]) as r
      union
      select above.root, i.derivation_id from above join derivation_input i on i.input_id = above.id
        join derivation d on d.id = i.derivation_id and d.status in ('DependencyFailure', 'NotPlanned')
    )
    select above.root, above.root = above.id as itself, a.path
    from above join attribute a on a.derivation_id = above.id and a.job_id = ${jobId}
    where above.root = above.id or a.outcome = 'Failure' or a.type = 'MayFail'
    order by a.sort_key`.execute(db)
  return rows
}

/** What waits for an agent on behalf of a job, by what it asks of one. */
export async function waitingRequirements(db: Reads, jobId: string) {
  const { rows } = await sql<{ platform: string; features: string[]; urgency: number; n: number }>`
    select d.platform, d.required_features as features, min(d.urgency)::int as urgency, count(*)::int as n
    from job_derivation j join derivation d on d.id = j.derivation_id
    where j.job_id = ${jobId} and d.status = 'Waiting' and d.has_task group by 1, 2 order by n desc limit 20`.execute(
    db,
  )
  return rows
}

/** Of these, what no agent that is online satisfies (hercules-ci.md 1.14.7). */
export function unmetOf(
  waiting: { platform: string; features: string[] }[],
  agents: AgentSlots[],
): z.infer<typeof UnmetRequirement>[] {
  return waiting
    .filter(
      ({ platform, features }) => !agents.some((agent) => suits({ kind: 'build', platform, features }, agent, agents)),
    )
    .map(({ platform, features }) => ({ platform, requiredSystemFeatures: features }))
}

/** The state of every derivation that a job asked for. */
export async function derivationStates(db: Reads, jobId: string): Promise<Record<string, DerivationStatus>> {
  const rows = await db
    .selectFrom('job_derivation')
    .innerJoin('derivation', 'derivation.id', 'job_derivation.derivation_id')
    .select(['path', 'status'])
    .where('job_id', '=', jobId)
    .execute()
  return Object.fromEntries(rows.map((row) => [row.path, row.status]))
}

/** When the first build for a job began. */
export async function firstBuildAt(db: Reads, jobId: string): Promise<Date | null> {
  const { rows } = await sql<{ at: Date | null }>`
    select min(d.started_at) as at from job_derivation j join derivation d on d.id = j.derivation_id join job on job.id = j.job_id
    where j.job_id = ${jobId} and d.started_at >= job.created_at`.execute(db)
  return rows[0]?.at ?? null
}

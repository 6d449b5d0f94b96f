import type { AttributeType } from '@firn/contract/agent/evaluate-event'
import { AttributeError } from '@firn/contract/agent/evaluate-event'
import type { DerivationStatus } from '@firn/contract/api/derivation'
import {
  type AttributeFailure,
  type AttributeFilter,
  type AttributeRow,
  type AttributeRows,
  AttributeState,
  type EvaluationDetail,
} from '@firn/contract/api/evaluation'
import { DrvPath } from '@firn/contract/ids'
import { sql } from 'kysely'
import type { Reads } from '../db/connect.ts'

/**
 * How an attribute stands, in one word: its derivation's state seen through its mark (contract/api/evaluation.ts,
 * `AttributeState`). In SQL, since lists are filtered and counted by it.
 */
const state = sql`(case
  when a.error is not null then 'Error'
  when a.type in ('Effect', 'DependenciesOnly') then case a.outcome
    when 'Failure' then 'Blocked' when 'Pending' then 'Waiting'
    else case a.type when 'Effect' then 'NotRun' else 'Succeeded' end end
  when a.type = 'MustFail' and d.status = 'BuildFailure' then 'Succeeded'
  when a.type = 'MustFail' and d.status = 'BuildSuccess' then 'Failed'
  when a.type = 'MayFail' and d.status in ('BuildFailure', 'DependencyFailure') then 'Ignored'
  else case d.status when 'BuildSuccess' then 'Succeeded' when 'BuildFailure' then 'Failed'
    when 'DependencyFailure' then 'Blocked' when 'Building' then 'Running' when 'Cancelled' then 'Cancelled'
    else 'Waiting' end
  end)`

/** A row of the list, from an attribute `a` and its derivation `d`. */
const columns = sql`a.path, a.type, ${state} as state, d.path as drv, d.platform, a.error, d.started_at, d.ended_at, a.eval_ms`

/** An error as the API shows it. */
export function showError(error: unknown): AttributeFailure {
  const { expressionPath, errorMessage, errorDerivation, errorType, trace } = AttributeError.parse(error)
  return {
    expressionPath,
    errorMessage,
    errorDerivation: errorDerivation ?? null,
    errorType: errorType ?? null,
    trace: trace ?? null,
  }
}

type Row = {
  path: string[]
  type: AttributeType
  state: AttributeState
  drv: string | null
  platform: string | null
  error: unknown
  started_at: Date | null
  ended_at: Date | null
  eval_ms: number | null
}

/** Attributes of a job in path order, by state and by text in their path. */
export async function listAttributes(db: Reads, jobId: string, filter: AttributeFilter): Promise<AttributeRows> {
  const wanted = (filter.state ?? '').split(',').filter((word) => AttributeState.safeParse(word).success)
  const bySearch = filter.search ? sql`and strpos(lower(a.sort_key), lower(${filter.search})) > 0` : sql``
  const byState = wanted.length > 0 ? sql`and ${state} = any(${wanted}::text[])` : sql``
  const from = sql`from attribute a left join derivation d on d.id = a.derivation_id where a.job_id = ${jobId}`
  const { rows } = await sql<Row>`
    select ${columns} ${from} ${bySearch} ${byState} order by a.sort_key, a.path_key offset ${filter.offset} limit ${filter.limit}`.execute(
    db,
  )
  const { rows: counts } = await sql<{ state: AttributeState; n: number; wanted: number }>`
    select ${state} as state, count(*)::int as n, (count(*) filter (where true ${bySearch}))::int as wanted
    ${from} group by 1`.execute(db)
  const total = counts
    .filter((row) => wanted.length === 0 || wanted.includes(row.state))
    .reduce((sum, row) => sum + row.wanted, 0)
  return {
    items: rows.map(showRow),
    total,
    byState: Object.fromEntries(counts.map((row) => [row.state, row.n])),
  }
}

function showRow(row: Row): AttributeRow {
  const running = row.state === 'Running'
  return {
    path: row.path,
    typ: row.type,
    state: row.state,
    derivationPath: row.drv === null ? null : DrvPath.parse(row.drv),
    platform: row.platform,
    error: row.error === null ? null : showError(row.error),
    startedAt: row.started_at?.toISOString() ?? null,
    durationMs:
      running || row.started_at === null || row.ended_at === null
        ? null
        : Math.max(0, row.ended_at.getTime() - row.started_at.getTime()),
    evalMs: row.eval_ms,
  }
}

/** The first errors of a job's evaluation, in path order. */
export async function listErrors(db: Reads, jobId: string, limit: number): Promise<AttributeFailure[]> {
  const rows = await db
    .selectFrom('attribute')
    .select('error')
    .where('job_id', '=', jobId)
    .where('error', 'is not', null)
    .orderBy('sort_key')
    .limit(limit)
    .execute()
  return rows.map((row) => showError(row.error))
}

/** Names of a job's effects. */
export async function listEffects(db: Reads, jobId: string): Promise<string[][]> {
  const rows = await db
    .selectFrom('attribute')
    .select('path')
    .where('job_id', '=', jobId)
    .where('type', '=', 'Effect')
    .orderBy('sort_key')
    .limit(200)
    .execute()
  return rows.map((row) => row.path)
}

/** All attributes in the published shape. */
export async function allAttributes(db: Reads, jobId: string): Promise<EvaluationDetail['attributes']> {
  const { rows } = await sql<{
    path: string[]
    type: AttributeType
    error: unknown
    drv: string | null
    status: DerivationStatus
  }>`
    select a.path, a.type, a.error, d.path as drv, d.status
    from attribute a left join derivation d on d.id = a.derivation_id where a.job_id = ${jobId} order by a.sort_key`.execute(
    db,
  )
  return rows.map(({ path, type, error, drv, status }) => ({
    path,
    typ: type,
    value: drv === null ? { Error: showError(error) } : { Ok: { derivationPath: DrvPath.parse(drv), status } },
  }))
}

/** The attributes that took longest to evaluate. */
export async function slowestAttributes(db: Reads, jobId: string, limit: number) {
  const rows = await db
    .selectFrom('attribute')
    .select(['path', 'eval_ms'])
    .where('job_id', '=', jobId)
    .where('eval_ms', 'is not', null)
    .orderBy('eval_ms', 'desc')
    .limit(limit)
    .execute()
  return rows.map((row) => ({ path: row.path, evalMs: row.eval_ms ?? 0 }))
}

/** Attributes of a job by the hexadecimal form of their keys. */
export async function attributesByKey(db: Reads, jobId: string, keys: string[]): Promise<Map<string, AttributeRow>> {
  const { rows } = await sql<Row & { key: string }>`
    select encode(a.path_key, 'hex') as key, ${columns} from attribute a left join derivation d on d.id = a.derivation_id
    where a.job_id = ${jobId} and a.path_key = any(select decode(k, 'hex') from unnest(${keys}::text[]) as k)`.execute(
    db,
  )
  return new Map(rows.map(({ key, ...row }) => [key, showRow(row)]))
}

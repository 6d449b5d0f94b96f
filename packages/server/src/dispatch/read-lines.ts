import { aheadMax, type Line } from '@firn/core/queue/count-ahead'
import { sql } from 'kysely'
import type { Reads } from '../db/connect.ts'
import { lanesOf } from './store.ts'
import type { TaskKind } from './task.ts'
import { asUrgency } from './urgency.ts'

type LineRow = Omit<Line, 'urgency'> & { urgency: number }

/** How much waits in an account, of each lane and urgency no more than anybody counts: read through the index of the queue. */
export async function linesOf(db: Reads, accountId: string): Promise<Line[]> {
  const lanes = await lanesOf(db, accountId)
  if (lanes.length === 0) return []
  const { rows } = await sql<LineRow>`
    select lane.kind, lane.platform, lane.required_features as features, lane.project_id as "projectId", told.*
    from jsonb_to_recordset(${JSON.stringify(lanes)}::jsonb)
      as lane (kind text, platform text, required_features text[], project_id uuid)
    cross join generate_series(0, 2) as level (urgency)
    cross join lateral (
      select level.urgency, count(*) filter (where not_before <= now())::int as tasks, count(*) filter (where not_before > now())::int as paused
      from (
        select not_before from task where state = 'queued' and account_id = ${accountId} and kind = lane.kind
          and platform = lane.platform and required_features = lane.required_features and project_id = lane.project_id
          and urgency = level.urgency limit ${aheadMax}
      ) first
    ) told where told.tasks + told.paused > 0`.execute(db)
  return rows.map((row) => ({ ...row, urgency: asUrgency(row.urgency) }))
}

type Place = {
  subject: string
  platform: string
  features: string[]
  urgency: number
  projectId: string
  /** Tasks of its line that are placed before it. */
  own: number
  pausedMs: number
}

/** Where the queued tasks of these subjects stand in their lines. */
export async function readPlaces(
  db: Reads,
  { accountId, kind, subjects }: { accountId: string; kind: TaskKind; subjects: string[] },
): Promise<Place[]> {
  const { rows } = await sql<Place>`
    select it.subject, it.platform, it.required_features as features, it.urgency, it.project_id as "projectId",
      greatest(0, extract(epoch from it.not_before - now()) * 1000)::float8 as "pausedMs", (
        select count(*)::int from (
          select from task t where t.state = 'queued' and t.account_id = it.account_id and t.kind = it.kind
            and t.platform = it.platform and t.required_features = it.required_features and t.project_id = it.project_id
            and t.urgency = it.urgency and t.not_before <= now()
            and (t.rank > it.rank or (t.rank = it.rank and (t.queued_at, t.id) < (it.queued_at, it.id)))
          limit ${aheadMax}
        ) own) as own
    from task it
    where it.state = 'queued' and it.account_id = ${accountId} and it.kind = ${kind}
      and it.subject = any(${subjects}::text[])`.execute(db)
  return rows
}

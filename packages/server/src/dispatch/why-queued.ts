import type { AgentSlots, WaitingTask } from '@firn/core/queue/match'
import { type Abilities, type Requirement, suits } from '@firn/core/queue/suits'
import { aheadMax, whyWaiting } from '@firn/core/queue/why-waiting'
import { sql } from 'kysely'
import type { Reads } from '../db/connect.ts'
import { agentsOnline } from './read-agents.ts'

type GoneAgent = Abilities & { hostname: string; agoMs: number }

/** The agents of an account: those that take work now, and those that did. */
export type Farm = { agents: AgentSlots[]; gone: GoneAgent[] }

export async function readFarm(db: Reads, accountId: string): Promise<Farm> {
  const agents = await agentsOnline(db, accountId)
  const { rows } = await sql<{ id: string } & GoneAgent>`
    select id, hostname, platforms, system_features as features,
      (extract(epoch from now() - last_seen) * 1000)::float8 as "agoMs"
    from agent_session where account_id = ${accountId} and revoked_at is null and last_seen > now() - interval '90 days'
    order by last_seen desc limit 200`.execute(db)
  const online = new Set(agents.map((agent) => agent.id))
  return { agents, gone: rows.filter((row) => !online.has(row.id)) }
}

/** Why a task that asks this of an agent has none yet; `ahead`, where it is known, says how many come before it. */
export function whyQueued(
  task: Requirement & Partial<Pick<WaitingTask, 'urgency'>>,
  { agents, gone }: Farm,
  ahead?: number,
): string {
  const lastSeen = gone.find((agent) => suits(task, agent, [agent]))
  return whyWaiting(task, agents, { ahead, lastSeen })
}

/**
 * About how many tasks are placed before a queued one: those of its own project whose turn comes first, and as many of each other
 * project that asks the same of an agent, since projects take turns.
 */
export async function countAhead(db: Reads, taskId: string): Promise<number> {
  const { rows } = await sql<{ own: number; others: number[] | null }>`
    with it as (select * from task where id = ${taskId} and state = 'queued')
    select
      (select count(*) from (
        select from task t, it where ${sameLane} and t.project_id = it.project_id
          and (t.urgency < it.urgency or (t.urgency = it.urgency and (t.rank > it.rank or (t.rank = it.rank
            and (t.queued_at, t.id) < (it.queued_at, it.id)))))
        limit ${aheadMax}) own)::int as own,
      (select array_agg(n::int) from (
        select count(*) as n from (
          select t.project_id from task t, it where ${sameLane} and t.project_id <> it.project_id limit ${aheadMax}) other
        group by project_id) counts) as others`.execute(db)
  const { own = 0, others } = rows[0] ?? {}
  return (others ?? []).reduce((sum, each) => sum + Math.min(each, own), own)
}

const sameLane = sql`t.state = 'queued' and t.account_id = it.account_id and t.kind = it.kind and t.platform = it.platform
  and t.required_features = it.required_features`

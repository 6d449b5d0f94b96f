/** Why tasks wait, by the rules that did not place them: how agents and queue stand is read, `core/queue` says what follows. */
import { countAhead, countBefore, type Line } from '@firn/core/queue/count-ahead'
import type { AgentSlots, Urgency } from '@firn/core/queue/match'
import { type Abilities, type Requirement, suits } from '@firn/core/queue/suits'
import { type QueueFacts, whyWaiting } from '@firn/core/queue/why-waiting'
import { sql } from 'kysely'
import type { Reads } from '../db/connect.ts'
import { agentsOnline } from './read-agents.ts'
import { linesOf, readPlaces } from './read-lines.ts'
import type { TaskKind } from './task.ts'
import { asUrgency } from './urgency.ts'

type GoneAgent = Abilities & { hostname: string; agoMs: number; isRevoked: boolean }

/** The agents of an account: those that take work now, and those that did. */
export type Farm = { agents: AgentSlots[]; gone: GoneAgent[] }

export async function readFarm(db: Reads, accountId: string): Promise<Farm> {
  const agents = await agentsOnline(db, accountId)
  const { rows } = await sql<{ id: string } & GoneAgent>`
    select id, hostname, platforms, system_features as features, revoked_at is not null as "isRevoked",
      (extract(epoch from now() - coalesce(revoked_at, last_seen)) * 1000)::float8 as "agoMs"
    from agent_session where account_id = ${accountId} and last_seen > now() - interval '90 days'
    order by last_seen desc limit 200`.execute(db)
  const online = new Set(agents.map((agent) => agent.id))
  return { agents, gone: rows.filter((row) => !online.has(row.id)) }
}

type Asked = Requirement & { urgency?: Urgency }

/** Why a task that asks this of an agent has none yet, as far as its place in the queue is known. */
export function whyQueued(task: Asked, { agents, gone }: Farm, facts: QueueFacts = {}): string {
  const lastSeen = gone.find((agent) => suits(task, agent, [agent]))
  return whyWaiting(task, agents, { ...facts, lastSeen })
}

/** The same of all tasks together that ask this. */
export function whyAllQueued(task: Asked & { urgency: Urgency }, farm: Farm, lines: Line[]): string {
  const { ahead, equals } = countBefore(task, lines, farm.agents)
  return whyQueued(task, farm, { ahead: ahead === 0 ? undefined : ahead, equals: Math.max(1, equals) })
}

/** By subject, why its task has no agent yet; of those that have a task in the queue of the account. */
export async function whySubjectsQueued(
  db: Reads,
  { accountId, kind, subjects }: { accountId: string; kind: TaskKind; subjects: string[] },
): Promise<Map<string, string>> {
  if (subjects.length === 0) return new Map()
  const places = await readPlaces(db, { accountId, kind, subjects })
  if (places.length === 0) return new Map()
  const farm = await readFarm(db, accountId)
  const lines = await linesOf(db, accountId)
  return new Map(
    places.map(({ subject, own, pausedMs, ...row }) => {
      const task = { ...row, kind, urgency: asUrgency(row.urgency) }
      return [subject, whyQueued(task, farm, { ahead: countAhead(task, own, lines, farm.agents), pausedMs })]
    }),
  )
}

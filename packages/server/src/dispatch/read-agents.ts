import { AgentInfo } from '@firn/contract/agent/session'
import type { AgentSession } from '@firn/contract/api/agents'
import { whyNoWork } from '@firn/core/agent/takes-work'
import type { Line } from '@firn/core/queue/count-ahead'
import type { AgentSlots } from '@firn/core/queue/match'
import { type Abilities, suits } from '@firn/core/queue/suits'
import { agentSentence } from '@firn/core/status/agent-sentence'
import { sql } from 'kysely'
import type { Reads } from '../db/connect.ts'
import { toSlots } from './assign.ts'
import { readLoad } from './load.ts'
import { linesOf } from './read-lines.ts'
import { openStates, sessionsOnline } from './store.ts'

/** The agents of an account that are connected. */
export async function agentsOnline(db: Reads, accountId: string): Promise<AgentSlots[]> {
  return (await sessionsOnline(db, accountId)).map(toSlots)
}

/** Those of all accounts, some of which may take nothing new. */
export async function allOnline(db: Reads): Promise<AgentSlots[]> {
  return (await sessionsOnline(db)).map(toSlots)
}

/** Of an `agent_session`: no agent speaks on it now. The opposite of `sessionsOnline`, but for those that were revoked. */
export const isSilent = sql<boolean>`(agent_session.connection_id is null
  or agent_session.last_seen <= now() - interval '60 seconds')`

/** For how long that has been so; null while one does. */
export const silentMs = sql<number | null>`(case when ${isSilent}
  then extract(epoch from now() - agent_session.last_seen) * 1000 end)::float8`

/** What an agent's task is about, for its row: looked up by the step that knows. */
export type Subject = { label: string; href: string; derivationPath: string | null }
export type Subjects = (tasks: { id: string; kind: string; subject: string }[]) => Promise<Map<string, Subject>>

/** Sessions that were heard of in the last 30 days, those online first. */
export async function listSessions(db: Reads, accountId: string, subjectsOf: Subjects): Promise<AgentSession[]> {
  const rows = await db
    .selectFrom('agent_session')
    .innerJoin('join_token', 'join_token.id', 'agent_session.join_token_id')
    .selectAll('agent_session')
    .select(['join_token.description', 'join_token.deleted_at'])
    .select(
      sql<number | null>`(extract(epoch from now() - agent_session.revoked_at) * 1000)::float8`.as('revoked_ago_ms'),
    )
    .where('agent_session.account_id', '=', accountId)
    .where('last_seen', '>', sql<Date>`now() - interval '30 days'`)
    .orderBy('hostname')
    .orderBy('agent_session.id')
    .execute()
  const tasks = await db
    .selectFrom('task')
    .select(['id', 'kind', 'subject', 'session_id', 'assigned_at', 'started_at'])
    .where('account_id', '=', accountId)
    .where('state', 'in', ['assigned', 'started'])
    .orderBy('assigned_at')
    .execute()
  const subjects = await subjectsOf(tasks)
  const online = new Map((await agentsOnline(db, accountId)).map((agent) => [agent.id, agent]))
  const lines = await linesOf(db, accountId)
  return rows
    .map((row) => {
      const own = tasks.filter((task) => task.session_id === row.id)
      const info = AgentInfo.parse(row.info)
      const isOnline = online.has(row.id)
      const load = isOnline ? readLoad(row.load) : null
      const refuses = whyNoWork(load)
      const abilities = { platforms: row.platforms, features: row.system_features }
      return {
        id: row.id,
        clusterJoinTokenId: row.join_token_id,
        description: row.description,
        hostname: row.hostname,
        agentVersion: info.agentVersion,
        nixVersion: info.nixVersion,
        platforms: row.platforms,
        systemFeatures: row.system_features,
        cachixPushCaches: info.cachixPushCaches,
        pushCaches: info.pushCaches,
        substituters: info.substituters,
        creation: row.created_at.toISOString(),
        lastSeen: row.last_seen.toISOString(),
        revocation: (row.deleted_at ?? row.revoked_at)?.toISOString() ?? null,
        available: isOnline && own.length < row.concurrent_tasks && refuses === null,
        concurrentTasks: row.concurrent_tasks,
        labels: info.labels,
        online: isOnline,
        tasks: own.map((task) => ({
          id: task.id,
          kind: task.kind,
          since: (task.started_at ?? task.assigned_at ?? new Date()).toISOString(),
          ...(subjects.get(task.id) ?? { label: task.kind, href: '/', derivationPath: null }),
        })),
        because: agentSentence({
          isOnline,
          revokedAgoMs: row.revoked_ago_ms,
          slots: row.concurrent_tasks,
          tasks: own.length,
          refuses,
          ...queueFor(abilities, [...online.values()], lines),
        }),
        load,
      }
    })
    .sort((a, b) => Number(b.online) - Number(a.online))
}

/** What waits that the agent could do. */
function queueFor(agent: Abilities, online: Abilities[], lines: Line[]) {
  const own = lines.filter((line) => suits(line, agent, online))
  const sum = (of: 'tasks' | 'paused') => own.reduce((all, line) => all + line[of], 0)
  return { waiting: sum('tasks'), paused: sum('paused') }
}

export async function countOnline(db: Reads): Promise<number> {
  return (await sessionsOnline(db)).length
}

/** By subject, the agent that its task was given to; the job may not have heard yet that the agent has begun. */
export async function agentsGiven(db: Reads, subjects: string[]): Promise<Map<string, string>> {
  if (subjects.length === 0) return new Map()
  const rows = await db
    .selectFrom('task')
    .innerJoin('agent_session', 'agent_session.id', 'task.session_id')
    .select(['task.subject', 'agent_session.hostname'])
    .where('task.subject', 'in', subjects)
    .where('task.state', 'in', [...openStates])
    .execute()
  return new Map(rows.map((row) => [row.subject, row.hostname]))
}

/** Versions of Nix on the agents that may be given an evaluation now, each once. */
export async function evaluatorVersions(db: Reads, accountId: string): Promise<string[]> {
  const agents = await agentsOnline(db, accountId)
  const able = agents.filter((agent) => suits({ kind: 'evaluate', platform: '', features: [] }, agent, agents))
  if (able.length === 0) return []
  const rows = await db
    .selectFrom('agent_session')
    .select('info')
    .where(
      'id',
      'in',
      able.map((agent) => agent.id),
    )
    .execute()
  return [...new Set(rows.map((row) => AgentInfo.parse(row.info).nixVersion))]
}

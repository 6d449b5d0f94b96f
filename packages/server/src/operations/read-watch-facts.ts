import type { WatchFacts } from '@firn/core/queue/watchdog'
import { sql } from 'kysely'
import type { Reads } from '../db/connect.ts'
import { asUrgency } from '../dispatch/urgency.ts'
import { type Farm, readFarm, whyQueued } from '../dispatch/why-queued.ts'

/** Everything that the watchdog decides on. Each question is answered from an index on what is open, never from all that was. */
export async function readWatchFacts(
  db: Reads,
  { lostAfterS, mended }: { lostAfterS: number; mended: number },
): Promise<WatchFacts> {
  return {
    farms: await readFarms(db),
    unbegun: await readUnbegun(db),
    silent: (await readSilent(db)).map((each) => ({ ...each, lostAfterMs: lostAfterS * 1000 })),
    stuckJobs: await readStuckJobs(db),
    mended,
    endlessLogs: await readEndlessLogs(db),
  }
}

type LaneRow = {
  account_id: string
  kind: 'evaluate' | 'build' | 'effect'
  platform: string
  features: string[]
  urgency: number
  tasks: number
  waitedMs: number
}

async function readFarms(db: Reads): Promise<WatchFacts['farms']> {
  const { rows } = await sql<LaneRow>`
    select account_id, kind, platform, required_features as features, min(urgency)::int as urgency, count(*)::int as tasks,
      (extract(epoch from now() - min(greatest(queued_at, not_before))) * 1000)::float8 as "waitedMs"
    from task where state = 'queued' group by account_id, kind, platform, required_features`.execute(db)
  const farms: WatchFacts['farms'] = []
  for (const [accountId, lanes] of Map.groupBy(rows, (row) => row.account_id))
    farms.push(await farmOf(db, accountId, lanes))
  return farms
}

async function farmOf(db: Reads, accountId: string, rows: LaneRow[]): Promise<WatchFacts['farms'][number]> {
  const farm = await readFarm(db, accountId)
  const quiet = await quietAgents(db, farm)
  return {
    accountId,
    agents: farm.agents.map((agent) => ({ ...agent, quietMs: quiet.get(agent.id) ?? Number.POSITIVE_INFINITY })),
    lanes: rows.map((row) => {
      const lane = { kind: row.kind, platform: row.platform, features: row.features, urgency: asUrgency(row.urgency) }
      return { ...lane, tasks: row.tasks, waitedMs: row.waitedMs, because: whyQueued(lane, farm) }
    }),
  }
}

/**
 * How long ago an agent was given something or ended something, in ms; those that did neither in the last minutes are left out. A busy
 * agent has a free slot for a moment again and again, which is nothing to tell.
 */
async function quietAgents(db: Reads, { agents }: Farm): Promise<Map<string, number>> {
  const ids = agents.map((agent) => agent.id)
  const { rows } = await sql<{ id: string; quietMs: number }>`
    select id, (extract(epoch from now() - max(at)) * 1000)::float8 as "quietMs" from (
      select session_id as id, assigned_at as at from task
        where state in ('assigned', 'started') and session_id = any(${ids}::uuid[])
      union all
      select session_id, ended_at from task
        where state = 'ended' and ended_at > now() - interval '1 minute' and session_id = any(${ids}::uuid[])
      union all
      select c.session_id, c.started_at from agent_conversation c
        join agent_session s on s.start_id = c.start_id where s.id = any(${ids}::uuid[])
    ) x group by id`.execute(db)
  return new Map(rows.map((row) => [row.id, row.quietMs]))
}

/** What is given beyond the slots (an agent may be given work ahead) waits for one of these rightly. */
async function readUnbegun(db: Reads): Promise<WatchFacts['unbegun']> {
  const { rows } = await sql<WatchFacts['unbegun'][number]>`
    select s.id as "agentId", s.hostname, count(*) filter (where t.state = 'assigned')::int as tasks,
      (extract(epoch from now() - min(t.assigned_at) filter (where t.state = 'assigned')) * 1000)::float8 as "forMs"
    from task t join agent_session s on s.id = t.session_id
    where t.state in ('assigned', 'started') and s.connection_id is not null
    group by s.id having count(*) filter (where t.state = 'assigned') > 0
      and count(*) filter (where t.state = 'started') < s.concurrent_tasks`.execute(db)
  return rows
}

async function readSilent(db: Reads) {
  const { rows } = await sql<{ agentId: string; hostname: string; tasks: number; forMs: number }>`
    select s.id as "agentId", s.hostname, count(*)::int as tasks,
      (extract(epoch from now() - s.last_seen) * 1000)::float8 as "forMs"
    from task t join agent_session s on s.id = t.session_id
    where t.state in ('assigned', 'started') and s.last_seen < now() - interval '30 seconds' group by s.id`.execute(db)
  return rows
}

/**
 * A job that no task evaluates is stuck; so is one that has been evaluated and has nothing pending, which is how `core/job/fold`
 * says that it is done. Both are true for the moment until the news of it has been heard.
 */
async function readStuckJobs(db: Reads): Promise<WatchFacts['stuckJobs']> {
  const { rows } = await sql<WatchFacts['stuckJobs'][number]>`
    select open.id as "jobId", p.slug || ' #' || open.index as name, open.phase,
      (extract(epoch from now() - open.since) * 1000)::float8 as "forMs"
    from (
      select j.id, j.index, j.project_id, 'evaluation' as phase, greatest(j.created_at, e.started_at) as since
      from job j join evaluation e on e.job_id = j.id
      where j.ended_at is null and e.state in ('queued', 'running') and not exists (
        select from task t where t.subject = j.id::text and t.kind = 'evaluate' and t.state <> 'ended')
      union all
      select j.id, j.index, j.project_id, 'builds', e.ended_at from job j join evaluation e on e.job_id = j.id
      where j.ended_at is null and e.state not in ('queued', 'running') and not exists (
        select from attribute a where a.job_id = j.id and a.outcome = 'Pending')
    ) open join project p on p.id = open.project_id
    order by since limit 20`.execute(db)
  return rows
}

/**
 * Logs of tasks that ended half an hour to a day ago: `dispatch/end-logs.ts` ends them after ten minutes, those of lost tasks, whose
 * agents may return, later.
 */
async function readEndlessLogs(db: Reads): Promise<WatchFacts['endlessLogs']> {
  const { rows } = await sql<{ logs: number; forMs: number | null }>`
    select count(*)::int as logs, (extract(epoch from now() - min(task.ended_at)) * 1000)::float8 as "forMs"
    from (select id from log where ended_at is null order by id limit 2000) log join task using (id)
    where task.state = 'ended' and task.ended_at < now() - interval '30 minutes' and task.outcome <> 'lost'`.execute(db)
  return { logs: rows[0]?.logs ?? 0, forMs: rows[0]?.forMs ?? 0 }
}

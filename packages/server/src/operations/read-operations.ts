import type { FarmAgent, MinuteOfWork, Operations } from '@firn/contract/api/operations'
import { whyNoWork } from '@firn/core/agent/takes-work'
import { sql } from 'kysely'
import type { Reads } from '../db/connect.ts'
import { readLoad } from '../dispatch/load.ts'
import { listQueue } from '../dispatch/read-queue.ts'
import { databaseBytes } from './read-totals.ts'
import { currentAlerts } from './watch.ts'

/** Everything that the operators' page shows but the volume of logs, which is counted from all of them and asked less often. */
export async function readOperations(db: Reads): Promise<Omit<Operations, 'logs'>> {
  return {
    now: new Date().toISOString(),
    alerts: await readAlerts(db),
    agents: await readAgents(db),
    queue: await readQueues(db),
    minutes: await readMinutes(db),
    dispatch: await readDispatch(db),
    databaseBytes: await databaseBytes(db),
  }
}

async function readAlerts(db: Reads): Promise<Operations['alerts']> {
  const alerts = await currentAlerts(db)
  return alerts.map(({ raisedAt, ...alert }) => ({ ...alert, since: raisedAt?.toISOString() ?? null }))
}

type AgentRow = Omit<FarmAgent, 'at' | 'lastSeen' | 'refuses'> & {
  site: string
  account: string
  last_seen: Date
  load: unknown
}

/** Those that were heard of in the last day, the troubled first. */
async function readAgents(db: Reads): Promise<FarmAgent[]> {
  const { rows } = await sql<AgentRow>`
    select s.id, s.hostname, f.slug as site, a.slug as account, s.platforms, s.concurrent_tasks as slots, s.last_seen, s.load,
      s.connection_id is not null and s.last_seen > now() - interval '60 seconds' as online,
      least(s.concurrent_tasks, (select count(*) from task t where t.session_id = s.id and t.state in ('assigned', 'started')))::int as busy
    from agent_session s join account a on a.id = s.account_id join forge f on f.id = a.forge_id
    where s.revoked_at is null and s.last_seen > now() - interval '1 day'
    order by online, s.hostname, s.id limit 500`.execute(db)
  return rows.map(({ site, account, last_seen, load, ...agent }) => ({
    ...agent,
    refuses: agent.online ? whyNoWork(readLoad(load)) : null,
    at: { site, account },
    lastSeen: last_seen.toISOString(),
  }))
}

async function readQueues(db: Reads): Promise<Operations['queue']> {
  const { rows } = await sql<{ id: string; site: string; account: string }>`
    select a.id, f.slug as site, a.slug as account from account a join forge f on f.id = a.forge_id
    where exists (select from task where account_id = a.id and state = 'queued') order by f.slug, a.slug`.execute(db)
  const queues: Operations['queue'] = []
  for (const { id, site, account } of rows)
    queues.push(...(await listQueue(db, id)).map((row) => ({ ...row, at: { site, account } })))
  return queues.toSorted((a, b) => a.oldest.localeCompare(b.oldest))
}

async function readMinutes(db: Reads): Promise<MinuteOfWork[]> {
  const { rows } = await sql<Omit<MinuteOfWork, 'at'> & { at: Date }>`
    with ended as (
      select date_trunc('minute', ended_at) as at,
        count(*) filter (where kind = 'build' and outcome = 'succeeded')::int as built,
        count(*) filter (where kind = 'build' and outcome = 'failed')::int as failed,
        count(*) filter (where outcome in ('lost', 'broken'))::int as broken
      from task where state = 'ended' and ended_at > now() - interval '61 minutes' group by 1
    ), evaluated as (
      select date_trunc('minute', ended_at) as at, count(*)::int as evaluated,
        (extract(epoch from avg(ended_at - started_at)) * 1000)::float8 as ms
      from task where state = 'ended' and kind = 'evaluate' and outcome <> 'declined' and ended_at > now() - interval '61 minutes'
      group by 1
    )
    select minute as at, coalesce(built, 0) as built, coalesce(failed, 0) as failed, coalesce(broken, 0) as broken,
      coalesce(evaluated, 0) as evaluated, ms as "evaluationMs"
    from generate_series(date_trunc('minute', now()) - interval '59 minutes', date_trunc('minute', now()), '1 minute') minute
      left join ended on ended.at = minute left join evaluated on evaluated.at = minute
    order by minute`.execute(db)
  return rows.map(({ at, ...minute }) => ({ at: at.toISOString(), ...minute }))
}

/** Of the newest thousands, since a busy farm gives out many in ten minutes. */
async function readDispatch(db: Reads): Promise<Operations['dispatch']> {
  const { rows } = await sql<{ p50: number | null; p99: number | null }>`
    select percentile_cont(0.5) within group (order by ms) as p50, percentile_cont(0.99) within group (order by ms) as p99
    from (select greatest(0, extract(epoch from assigned_at - greatest(queued_at, not_before)) * 1000)::float8 as ms
      from task where state = 'ended' and ended_at > now() - interval '10 minutes' and assigned_at is not null
        and outcome <> 'declined' order by ended_at desc limit 5000) x`.execute(db)
  const [row] = rows
  return row === undefined || row.p50 === null || row.p99 === null ? null : { p50Ms: row.p50, p99Ms: row.p99 }
}

export async function readLogVolume(db: Reads): Promise<Operations['logs']> {
  const { rows } = await sql<Operations['logs']>`
    select count(*)::float8 as logs, coalesce(sum(lines), 0)::float8 as lines, coalesce(sum(bytes), 0)::float8 as bytes
    from log`.execute(db)
  return rows[0] ?? { logs: 0, lines: 0, bytes: 0 }
}

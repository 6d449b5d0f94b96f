import { sql } from 'kysely'
import type { Reads } from '../db/connect.ts'
import { allOnline } from '../dispatch/read-agents.ts'
import { outboxLag } from './loop-alerts.ts'
import { currentAlerts } from './watch.ts'

/** What the database knows of the whole installation; the same at each replica. Read with indexes only, or from few rows. */
export type Totals = {
  queue: { kind: string; platform: string; tasks: number; oldestS: number }[]
  running: { kind: string; state: string; tasks: number }[]
  agents: { online: number; refusing: number; slots: number; busy: number }
  jobs: { phase: string; project: string; jobs: number }[]
  outbox: { follower: string; lagS: number }[]
  alerts: { kind: string }[]
  databaseBytes: number
}

export async function readTotals(db: Reads): Promise<Totals> {
  return {
    queue: await queue(db),
    running: await running(db),
    agents: await agents(db),
    jobs: await openJobs(db),
    outbox: await outboxLag(db),
    alerts: await currentAlerts(db),
    databaseBytes: await databaseBytes(db),
  }
}

async function queue(db: Reads): Promise<Totals['queue']> {
  const { rows } = await sql<Totals['queue'][number]>`
    select kind, case kind when 'evaluate' then '' else platform end as platform, count(*)::int as tasks,
      greatest(0, extract(epoch from now() - min(greatest(queued_at, not_before))))::float8 as "oldestS"
    from task where state = 'queued' group by 1, 2 order by 3 desc`.execute(db)
  return rows
}

async function running(db: Reads): Promise<Totals['running']> {
  const { rows } = await sql<Totals['running'][number]>`
    select kind, state, count(*)::int as tasks from task where state in ('assigned', 'started') group by 1, 2`.execute(
    db,
  )
  return rows
}

async function agents(db: Reads): Promise<Totals['agents']> {
  const online = await allOnline(db)
  const sum = (of: (agent: (typeof online)[number]) => number) => online.reduce((all, agent) => all + of(agent), 0)
  return {
    online: online.length,
    refusing: sum((agent) => (agent.refuses === null ? 0 : 1)),
    slots: sum((agent) => agent.slots),
    busy: sum((agent) => Math.min(agent.slots, agent.slots - agent.free)),
  }
}

async function openJobs(db: Reads): Promise<Totals['jobs']> {
  const { rows } = await sql<Totals['jobs'][number]>`
    select j.phase, f.slug || '/' || a.slug || '/' || p.slug as project, count(*)::int as jobs
    from job j join project p on p.id = j.project_id join account a on a.id = p.account_id join forge f on f.id = a.forge_id
    where j.ended_at is null group by 1, 2`.execute(db)
  return rows
}

export async function databaseBytes(db: Reads): Promise<number> {
  const { rows } = await sql<{ bytes: number }>`select pg_database_size(current_database()) as bytes`.execute(db)
  return rows[0]?.bytes ?? 0
}

import type { Log } from '@firn/base/log'
import { type Alert, type AlertKind, watch } from '@firn/core/queue/watchdog'
import { sql } from 'kysely'
import type { Db, Reads, Tx } from '../db/connect.ts'
import { transact } from '../db/transact.ts'
import { readWatchFacts } from './read-watch-facts.ts'

/** So often in a row the watchdog sees a thing before it tells. */
const looksMin = 2

export type StandingAlert = Alert & { raisedAt: Date }

/**
 * One look of the watchdog: what should be running and is not is kept as alerts while it lasts. What is raised and what is over
 * is told to the log once, by the replica that saw it; of all replicas, one at a time looks.
 */
export async function lookAround(
  { db, log }: { db: Db; log: Log },
  known: { lostAfterS: number; mended: number },
): Promise<void> {
  const news = await transact(db, async (tx) => {
    if (!(await isOnlyWatcher(tx))) return { raised: [], over: [] }
    return saveAlerts(tx, watch(await readWatchFacts(tx, known)))
  })
  for (const { kind, cause, action } of news.raised) log.warn({ alert: kind, action }, cause)
  for (const { kind, cause } of news.over) log.info({ alert: kind }, `no longer so: ${cause}`)
}

/** What is wrong with the work now, the oldest first. */
export async function standingAlerts(db: Reads): Promise<StandingAlert[]> {
  const { rows } = await sql<StandingAlert>`
    select key, kind, cause, action, raised_at as "raisedAt" from alert where looks >= ${looksMin}
    order by raised_at, key limit 100`.execute(db)
  return rows
}

async function isOnlyWatcher(tx: Tx): Promise<boolean> {
  const { rows } = await sql<{ taken: boolean }>`
    select pg_try_advisory_xact_lock(hashtextextended('firn.watchdog', 0)) as taken`.execute(tx)
  return rows[0]?.taken ?? false
}

type Told = { kind: AlertKind; cause: string }

/** @returns those that are told from now on, and those that were told and are over */
async function saveAlerts(tx: Tx, alerts: Alert[]): Promise<{ raised: Alert[]; over: Told[] }> {
  const { rows: over } = await sql<Told & { looks: number }>`
    delete from alert where key <> all(${alerts.map((alert) => alert.key)}::text[]) returning kind, cause, looks`.execute(
    tx,
  )
  const { rows: seen } = await sql<{ key: string; looks: number }>`
    insert into alert (key, kind, cause, action)
    select key, kind, cause, action from jsonb_to_recordset(${JSON.stringify(alerts)}::jsonb)
      as x (key text, kind text, cause text, action text)
    on conflict (key) do update set cause = excluded.cause, action = excluded.action, looks = alert.looks + 1
    returning key, looks`.execute(tx)
  const fresh = new Set(seen.filter((row) => row.looks === looksMin).map((row) => row.key))
  return {
    raised: alerts.filter((alert) => fresh.has(alert.key)),
    over: over.filter((row) => row.looks >= looksMin),
  }
}

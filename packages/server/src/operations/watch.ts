import type { Log } from '@firn/base/log'
import { type Alert, type AlertKind, watch } from '@firn/core/queue/watchdog'
import { sql } from 'kysely'
import type { Db, Reads, Tx } from '../db/connect.ts'
import { transact } from '../db/transact.ts'
import { takeLook } from './heartbeats.ts'
import { loopAlerts } from './loop-alerts.ts'
import { readWatchFacts } from './read-watch-facts.ts'

/** So often in a row the watchdog sees a thing before it tells. */
const looksMin = 2

export type CurrentAlert = Alert & {
  /** When it was first seen; null where the watchdog has not yet. */
  raisedAt: Date | null
}

/**
 * One look of the watchdog, if it is this replica's turn: what should be running and is not is kept as alerts while it lasts. What is raised and what is over
 * is told to the log once, by the replica that saw it.
 * @returns whether it looked
 * @param everyMs no replica looks sooner than this after another, so that two looks are two moments
 */
export async function lookAround(
  { db, log }: { db: Db; log: Log },
  { everyMs, ...known }: { everyMs: number; lostAfterS: number; mended: number },
): Promise<boolean> {
  if (!(await takeLook(db, everyMs))) return false
  const others = (await loopAlerts(db)).filter((alert) => alert.kind !== 'watchdog-still')
  const alerts = [...others, ...watch(await readWatchFacts(db, known))]
  // What is read needs no transaction: no news is delivered that is younger than one that writes.
  const news = await transact(db, (tx) => saveAlerts(tx, alerts))
  for (const { kind, cause, action } of news.raised) log.warn({ alert: kind, action }, cause)
  for (const { kind, cause } of news.over) log.info({ alert: kind }, `no longer so: ${cause}`)
  return true
}

/** What is wrong now, the oldest first; loops that stand still before all, since it may be the watchdog's own. */
export async function currentAlerts(db: Reads): Promise<CurrentAlert[]> {
  const { rows: standing } = await sql<CurrentAlert>`
    select key, kind, cause, action, raised_at as "raisedAt" from alert where looks >= ${looksMin}
    order by raised_at, key limit 100`.execute(db)
  const known = new Set(standing.map((alert) => alert.key))
  const loops = (await loopAlerts(db)).filter((alert) => !known.has(alert.key))
  return [...loops.map((alert) => ({ ...alert, raisedAt: null })), ...standing]
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

import type { Db } from './connect.ts'

/** What a pool has done since it was opened. */
export type Meter = { queries: number; queryMs: number; transactions: number; retries: number }

const meters = new WeakMap<Db, Meter>()

export function newMeter(): Meter {
  return { queries: 0, queryMs: 0, transactions: 0, retries: 0 }
}

export function setMeter(db: Db, meter: Meter): void {
  meters.set(db, meter)
}

/** The meter of a database that `connect` opened. */
export function meterOf(db: Db): Meter {
  return meters.get(db) ?? newMeter()
}

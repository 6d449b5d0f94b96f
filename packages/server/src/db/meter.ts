/** What a pool has done since it was opened. */
export type Meter = { queries: number; queryMs: number; transactions: number; retries: number }

/** By the database that `connect` opened. */
const meters = new WeakMap<object, Meter>()

export function newMeter(): Meter {
  return { queries: 0, queryMs: 0, transactions: 0, retries: 0 }
}

export function setMeter(db: object, meter: Meter): void {
  meters.set(db, meter)
}

export function meterOf(db: object): Meter {
  return meters.get(db) ?? newMeter()
}

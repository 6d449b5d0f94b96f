import type { Db, Tx } from './connect.ts'
import { meterOf } from './meter.ts'

const triesMax = 5
/** PostgreSQL's codes for "somebody was in the way; the same again will do": serialization failure, deadlock. */
const again = new Set(['40001', '40P01'])

/** What is to be told once the transaction has been committed. */
const afterwards = new WeakMap<Tx, (() => void)[]>()

/** Runs `work` in a transaction; where another was in the way, again from the beginning. */
export async function transact<T>(db: Db, work: (tx: Tx) => Promise<T>): Promise<T> {
  const meter = meterOf(db)
  for (let tries = 1; ; tries++) {
    meter.transactions++
    const tell: (() => void)[] = []
    try {
      const done = await db.transaction().execute((tx) => {
        afterwards.set(tx, tell)
        return work(tx)
      })
      for (const each of tell) each()
      return done
    } catch (error) {
      if (tries === triesMax || !again.has(codeOf(error))) throw error
      meter.retries++
    }
  }
}

/**
 * Calls `tell` when the transaction of `transact` has been committed, and never otherwise: for what is only counted or
 * logged. A process that dies in between does not call it.
 */
export function afterCommit(tx: Tx, tell: () => void): void {
  afterwards.get(tx)?.push(tell)
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : ''
}

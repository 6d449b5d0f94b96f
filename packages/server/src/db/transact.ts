import type { Db, Tx } from './connect.ts'

const triesMax = 5
/** PostgreSQL's codes for "somebody was in the way; the same again will do": serialization failure, deadlock. */
const again = new Set(['40001', '40P01'])

/** Runs `work` in a transaction; where another was in the way, again from the beginning. */
export async function transact<T>(db: Db, work: (tx: Tx) => Promise<T>): Promise<T> {
  for (let tries = 1; ; tries++) {
    try {
      return await db.transaction().execute(work)
    } catch (error) {
      if (tries === triesMax || !again.has(codeOf(error))) throw error
    }
  }
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : ''
}

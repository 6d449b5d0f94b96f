import type { Db } from '../db/connect.ts'
import { transact } from '../db/transact.ts'
import { announceBuilds } from './announce-builds.ts'
import { considerWaiting } from './plan-builds.ts'
import { forgottenDerivations, holdGraph } from './store.ts'

/**
 * Finds derivations that wait with nothing left to wait for and sees to them. It should find none: each change sees to those it
 * frees; this is the net below.
 * @returns how many it found, which is worth a warning
 */
export async function mendWaiting(db: Db): Promise<number> {
  const forgotten = await forgottenDerivations(db)
  const byAccount = Map.groupBy(forgotten, (row) => row.account_id)
  for (const [accountId, rows] of byAccount) {
    const ids = rows.map((row) => row.id)
    await transact(db, async (tx) => {
      await holdGraph(tx, accountId, 'exclusive')
      const { blocked } = await considerWaiting(tx, accountId, ids)
      await announceBuilds(tx, accountId, [...ids, ...blocked])
    })
  }
  return forgotten.length
}

import type { Tx } from '../db/connect.ts'
import { announceBuilds } from './announce-builds.ts'
import { settleAttributes } from './attributes.ts'
import { type Asker, planBuilds } from './plan-builds.ts'
import { settleSeen } from './seen.ts'
import { holdGraph } from './store.ts'

/**
 * Plans derivations that a job asks for; those whose outputs are in a store already have succeeded without a build.
 * @returns how many were queued
 */
export async function planWanted(tx: Tx, asker: Asker, ids: number[]): Promise<number> {
  if (ids.length === 0) return 0
  await holdGraph(tx, asker.accountId, 'shared')
  const there = await settleSeen(tx, asker, ids)
  if (there.length > 0) {
    await settleAttributes(tx, there)
    await announceBuilds(tx, asker.accountId, there)
  }
  return planBuilds(tx, asker, ids)
}

import type { Tx } from '../db/connect.ts'
import { announceBuilds } from './announce-builds.ts'
import type { Asker } from './asker.ts'
import { settleAttributes } from './attributes.ts'
import { type NewWaiting, planBuilds } from './plan-builds.ts'
import { settleSeen } from './seen.ts'
import { holdGraph } from './store.ts'

/**
 * Plans derivations that a job asks for; those whose outputs are in a store already have succeeded without a build.
 * @param news those that nobody knew of before, and whose outputs were not seen anywhere
 * @returns how many were queued
 */
export async function planWanted(tx: Tx, asker: Asker, ids: number[], news: NewWaiting[] = []): Promise<number> {
  await holdGraph(tx, asker.accountId, 'shared')
  const there = await settleSeen(tx, asker, ids)
  if (there.length > 0) {
    await settleAttributes(tx, there)
    await announceBuilds(tx, asker.accountId, there)
  }
  return planBuilds(tx, asker, ids, news)
}

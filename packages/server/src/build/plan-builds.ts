import { sql } from 'kysely'
import type { Tx } from '../db/connect.ts'
import { enqueueTasks } from '../dispatch/enqueue.ts'
import { settleAttributes } from './attributes.ts'
import {
  allWaitingDependents,
  blockedAmong,
  holdUnbuiltInputs,
  markQueued,
  planDerivations,
  readyAmong,
  setStatus,
} from './store.ts'

/** Plans derivations that are asked for: those that can be built now are queued, the others wait or are blocked. */
export async function planBuilds(tx: Tx, accountId: string, ids: number[]): Promise<void> {
  if (ids.length === 0) return
  const planned = await planDerivations(tx, ids)
  if (planned.length > 0) await considerWaiting(tx, accountId, planned)
}

/** Looks at waiting derivations again: blocked by a failure, ready to build, or still waiting. */
export async function considerWaiting(tx: Tx, accountId: string, ids: number[]): Promise<number[]> {
  await holdUnbuiltInputs(tx, ids)
  const blocked = await blockedAmong(tx, ids)
  const changed = blocked.length > 0 ? await blockWithDependents(tx, blocked) : []
  await queueReady(tx, accountId, ids)
  return changed
}

/** Marks derivations, and all that wait for them, as blocked by a failure. */
export async function blockWithDependents(tx: Tx, ids: number[]): Promise<number[]> {
  const all = [...new Set([...ids, ...(await allWaitingDependents(tx, ids))])]
  await setStatus(tx, all, 'DependencyFailure', sql`, ended_at = now()`)
  await settleAttributes(tx, all)
  return all
}

/** Queues those of the derivations that can be built now. */
export async function queueReady(tx: Tx, accountId: string, ids: number[]): Promise<void> {
  const ready = await readyAmong(tx, ids)
  if (ready.length === 0) return
  await markQueued(
    tx,
    ready.map((row) => row.id),
  )
  await enqueueTasks(
    tx,
    ready.map((row) => ({
      accountId,
      kind: 'build' as const,
      platform: row.platform,
      requiredFeatures: row.required_features,
      subject: String(row.id),
      attempt: row.attempt,
    })),
  )
}

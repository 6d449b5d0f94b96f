import { type Urgency, urgency } from '@firn/core/queue/match'
import { sql } from 'kysely'
import type { Tx } from '../db/connect.ts'
import { enqueueTasks } from '../dispatch/enqueue.ts'
import { asUrgency } from '../dispatch/urgency.ts'
import { settleAttributes } from './attributes.ts'
import { hurryBuilds } from './hurry-builds.ts'
import {
  allWaitingDependents,
  cancelledBelow,
  holdGraph,
  holdInputsAtWork,
  markQueued,
  planDerivations,
  setStatus,
  type WaitingRow,
  waitingAmong,
  waitingDependents,
} from './store.ts'

/** Who asks for builds: the job's account and project, and how urgently. */
export type Asker = { accountId: string; projectId: string; urgency: Urgency }

/**
 * Plans derivations that are asked for: those that can be built now are queued, the others wait or are blocked.
 * @returns how many were queued
 */
export async function planBuilds(tx: Tx, asker: Asker, ids: number[]): Promise<number> {
  if (ids.length === 0) return 0
  await holdGraph(tx, asker.accountId, 'shared')
  const all = [...ids, ...(await cancelledBelow(tx, asker.accountId, ids))]
  const planned = await planDerivations(tx, asker, all)
  await settleAttributes(tx, planned)
  if (asker.urgency < urgency.ordinary) await hurryBuilds(tx, ids, asker.urgency)
  return (await considerWaiting(tx, asker.accountId, planned)).queued
}

/**
 * Looks at waiting derivations again: blocked by a failure, ready to build, or still waiting. The graph is held.
 * @returns those that are blocked now, and how many were queued
 */
export async function considerWaiting(
  tx: Tx,
  accountId: string,
  ids: number[],
): Promise<{ blocked: number[]; queued: number }> {
  if (ids.length === 0) return { blocked: [], queued: 0 }
  await holdInputsAtWork(tx, ids)
  return await seeTo(tx, accountId, ids)
}

/** Queues those of the waiting derivations that needed nothing but these. Settling is held, so no other ends beside. */
export async function freeDependents(tx: Tx, accountId: string, built: number[]): Promise<number[]> {
  return (await seeTo(tx, accountId, await waitingDependents(tx, built))).blocked
}

async function seeTo(tx: Tx, accountId: string, ids: number[]): Promise<{ blocked: number[]; queued: number }> {
  if (ids.length === 0) return { blocked: [], queued: 0 }
  const waiting = await waitingAmong(tx, ids)
  const ready = waiting.filter((row) => !row.waits && !row.blocked)
  await queue(tx, accountId, ready)
  const blocked = waiting.filter((row) => row.blocked).map((row) => row.id)
  return { blocked: blocked.length > 0 ? await blockWithDependents(tx, blocked) : [], queued: ready.length }
}

/** Marks derivations, and all that wait for them, as blocked by a failure. */
export async function blockWithDependents(tx: Tx, ids: number[]): Promise<number[]> {
  const all = [...new Set([...ids, ...(await allWaitingDependents(tx, ids))])]
  await setStatus(tx, all, 'DependencyFailure', sql`, ended_at = now()`)
  await settleAttributes(tx, all)
  return all
}

async function queue(tx: Tx, accountId: string, ready: WaitingRow[]): Promise<void> {
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
      projectId: row.project_id,
      urgency: asUrgency(row.urgency),
      rank: row.rank,
    })),
  )
}

import type { DerivationInfo } from '@firn/contract/agent/evaluate-event'
import type { DerivationStatus } from '@firn/contract/api/derivation'
import { urgency } from '@firn/core/queue/match'
import { sql } from 'kysely'
import type { Tx } from '../db/connect.ts'
import { enqueueTasks } from '../dispatch/enqueue.ts'
import { asUrgency } from '../dispatch/urgency.ts'
import type { Asker } from './asker.ts'
import { settleAttributes } from './attributes.ts'
import type { Brought } from './bring-derivations.ts'
import { hurryBuilds } from './hurry-builds.ts'
import {
  allWaitingDependents,
  cancelledBelow,
  holdGraph,
  holdInputsAtWork,
  holdStates,
  markQueued,
  planDerivations,
  setStatus,
  type WaitingRow,
  waitingAmong,
  waitingDependents,
} from './store.ts'

/** A derivation that was made in this transaction, as one that waits. */
export type NewWaiting = { id: number; info: DerivationInfo; inputs: Brought[] }

/**
 * Plans derivations that are asked for: those that can be built now are queued, the others wait or are blocked.
 * @param news those of them that wait since they were made
 * @returns how many were queued
 */
export async function planBuilds(tx: Tx, asker: Asker, ids: number[], news: NewWaiting[] = []): Promise<number> {
  if (ids.length === 0 && news.length === 0) return 0
  await holdGraph(tx, asker.accountId, 'shared')
  const wanted = [...ids, ...news.map(({ id }) => id)]
  const planned = await planDerivations(tx, asker, [...ids, ...(await cancelledBelow(tx, asker.accountId, wanted))])
  await settleAttributes(tx, planned)
  if (asker.urgency < urgency.ordinary) await hurryBuilds(tx, wanted, asker.urgency)
  const { ready, unsure } = await considerNew(tx, news, new Set(planned))
  await queue(
    tx,
    asker.accountId,
    ready.map((row) => asWaiting(row, asker)),
  )
  return ready.length + (await considerWaiting(tx, asker.accountId, [...planned, ...unsure])).queued
}

/**
 * How new derivations stand, by what is known of their inputs. To see that one waits, a single input that is still to be built is
 * enough.
 * @param planned whose state has changed since it was looked up
 * @returns those that need nothing that is to be built, and those of which it cannot be told so; the others wait
 */
async function considerNew(
  tx: Tx,
  news: NewWaiting[],
  planned: Set<number>,
): Promise<{ ready: NewWaiting[]; unsure: number[] }> {
  const ready: NewWaiting[] = []
  const unsure: number[] = []
  const waiting: { id: number; for: number }[] = []
  for (const row of news) {
    const unbuilt = row.inputs.filter(({ status }) => isUnbuilt(status))
    if (row.inputs.some(({ id, status }) => isBad(status) || planned.has(id))) unsure.push(row.id)
    else if (unbuilt.length === 0) ready.push(row)
    // What is new as well stays unbuilt until the transaction ends.
    else if (!unbuilt.some(({ isNew }) => isNew))
      waiting.push({ id: row.id, for: Math.max(...unbuilt.map(({ id }) => id)) })
  }
  const states = await holdStates(tx, [...new Set(waiting.map((row) => row.for))])
  const done = waiting.filter((row) => !isUnbuilt(states.get(row.for)))
  return { ready, unsure: [...unsure, ...done.map(({ id }) => id)] }
}

const isUnbuilt = (status: DerivationStatus | undefined) => status === 'Waiting' || status === 'Building'
const isBad = (status: DerivationStatus) =>
  status === 'BuildFailure' || status === 'DependencyFailure' || status === 'Cancelled'

function asWaiting({ id, info }: NewWaiting, { projectId, urgency: of }: Asker): WaitingRow {
  const { platform, requiredSystemFeatures: required_features } = info
  const asked = { project_id: projectId, urgency: of, attempt: 1, rank: 0 }
  return { id, platform, required_features, ...asked, waits: false, blocked: false }
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

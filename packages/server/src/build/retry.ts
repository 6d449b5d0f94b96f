import { sql } from 'kysely'
import type { Db, Tx } from '../db/connect.ts'
import type { Nudges } from '../db/nudges.ts'
import { transact } from '../db/transact.ts'
import { dispatchTopic } from '../dispatch/enqueue.ts'
import { outboxTopic } from '../outbox/relay.ts'
import { announceBuilds } from './announce-builds.ts'
import type { Asker } from './asker.ts'
import { settleAttributes } from './attributes.ts'
import { noteAttempts } from './later-attempts.ts'
import { considerWaiting } from './plan-builds.ts'
import { forgetSeen } from './seen.ts'
import { holdGraph } from './store.ts'

/**
 * Builds a failed or cancelled derivation again: with it the failed ones that it needs, and everything above them that was blocked
 * (hercules-ci.md 2.5.3).
 * @returns false when it has not failed
 */
export async function retryDerivation(
  { db, nudges }: { db: Db; nudges: Nudges },
  row: { id: number; account_id: string },
): Promise<boolean> {
  const retried = await transact(db, (tx) => resetFailures(tx, row.account_id, [row.id]))
  nudges.send(outboxTopic)
  nudges.send(dispatchTopic)
  return retried
}

/** Resets those of the derivations that failed, were cancelled or are blocked, with what they need and what needs them. */
export async function resetFailures(tx: Tx, accountId: string, ids: number[]): Promise<boolean> {
  await holdGraph(tx, accountId, 'shared')
  const { rows } = await sql<{ id: number; attempt: number }>`
    with recursive down as (
      select id from derivation where id = any(${ids}::bigint[]) and status in ('BuildFailure', 'DependencyFailure', 'Cancelled')
      union
      select u.id from down join derivation_input i on i.derivation_id = down.id join derivation u on u.id = i.input_id
      where u.status in ('BuildFailure', 'DependencyFailure', 'Cancelled')
    ), above as (
      select id from down
      union
      select d.id from above join derivation_input i on i.input_id = above.id join derivation d on d.id = i.derivation_id
      where d.status = 'DependencyFailure'
    )
    update derivation set status = 'Waiting', technical_error = null, attempt = attempt + 1, has_task = false,
      requested_at = now(), started_at = null, ended_at = null
    where id in (select id from above) returning id, attempt`.execute(tx)
  await noteAttempts(tx, rows, { isReset: true, jobId: null })
  const reset = rows.map((found) => found.id)
  if (reset.length === 0) return false
  await settleAttributes(tx, reset)
  const { blocked } = await considerWaiting(tx, accountId, reset)
  await announceBuilds(tx, accountId, [...reset, ...blocked])
  return true
}

/**
 * Builds again what succeeded, for an evaluation that could not get the outputs (hercules-ci.md 2.5.12, 1.13.4): a new
 * attempt, with an id of its own. What is waited for or built already is left to end.
 * @returns how many were queued
 */
export async function rebuild(
  tx: Tx,
  { accountId, jobId }: Pick<Asker, 'accountId' | 'jobId'>,
  ids: number[],
): Promise<number> {
  if (ids.length === 0) return 0
  await holdGraph(tx, accountId, 'shared')
  const { rows } = await sql<{ id: number; attempt: number }>`
    update derivation set status = 'Waiting', attempt = attempt + 1, has_task = false, requested_at = now(),
      started_at = null, ended_at = null
    where id = any(${ids}::bigint[]) and status = 'BuildSuccess' returning id, attempt`.execute(tx)
  await noteAttempts(tx, rows, { isReset: true, jobId })
  const again = rows.map((row) => row.id)
  if (again.length === 0) return 0
  await forgetSeen(tx, again)
  const { blocked, queued } = await considerWaiting(tx, accountId, again)
  await announceBuilds(tx, accountId, [...again, ...blocked])
  return queued
}

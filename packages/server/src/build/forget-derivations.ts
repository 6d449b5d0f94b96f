import { type RawBuilder, sql } from 'kysely'
import type { Db } from '../db/connect.ts'
import { transact } from '../db/transact.ts'
import { forgetTasks } from '../dispatch/forget-tasks.ts'
import { holdGraph } from './store.ts'

/** Failures are remembered for a time of their own: to forget one means to build it again. */
export type Forgettable = 'failures' | 'others'

type Old = { accountId: string; days: number; which: Forgettable }

const batchMax = 500

/**
 * Derivations that no job asks for, no attribute, import or other derivation names, and that nothing has happened to for so
 * long. Whatever needed them is gone; when they go, those that they needed may be next.
 */
export function oldDerivations({ accountId, days, which }: Old): RawBuilder<{ id: number; at: Date | null }> {
  const failed = sql`('BuildFailure', 'DependencyFailure')`
  const ofKind =
    which === 'failures'
      ? sql`d.status in ${failed}`
      : sql`d.status not in ${failed} and d.status not in ('Waiting', 'Building')`
  return sql`
    select d.id, coalesce(d.ended_at, d.requested_at) as at from derivation d
    where d.account_id = ${accountId} and ${ofKind} and not d.has_task
      and coalesce(d.ended_at, d.requested_at, '-infinity') < now() - make_interval(days => ${days})
      and not exists (select from job_derivation where derivation_id = d.id)
      and not exists (select from derivation_input where input_id = d.id)
      and not exists (select from attribute where derivation_id = d.id)
      and not exists (select from import_from_derivation where derivation_id = d.id)`
}

/**
 * Forgets some old derivations, with their outputs, edges, tasks and logs. Whoever brings one that is known holds the graph
 * (`derivation-ids.ts`), so that none is forgotten between being found and being asked for.
 */
export function forgetOldDerivations(db: Db, old: Old): Promise<{ removed: number; blobs: string[] }> {
  return transact(db, async (tx) => {
    await holdGraph(tx, old.accountId, 'exclusive')
    const { rows } = await sql<{ id: number }>`
      with doomed as (select id from (${oldDerivations(old)}) old limit ${batchMax}),
        outputs as (delete from derivation_output where derivation_id in (select id from doomed)),
        seen as (delete from output_seen where derivation_id in (select id from doomed)),
        missing as (delete from missing_inputs where derivation_id in (select id from doomed)),
        edges as (delete from derivation_input where derivation_id in (select id from doomed))
      delete from derivation where id in (select id from doomed) returning id`.execute(tx)
    const blobs = await forgetTasks(
      tx,
      ['build'],
      rows.map((row) => String(row.id)),
    )
    return { removed: rows.length, blobs }
  })
}

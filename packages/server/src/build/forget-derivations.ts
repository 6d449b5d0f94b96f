import { type RawBuilder, sql } from 'kysely'
import type { Db, Reads, Tx } from '../db/connect.ts'
import { transact } from '../db/transact.ts'
import { forgetTasks } from '../dispatch/forget-tasks.ts'
import { holdGraph } from './store.ts'

/** Failures are remembered for a time of their own: to forget one means to build it again. */
export type Forgettable = 'failures' | 'others'

type Old = { accountId: string; days: number; which: Forgettable }
type Counted = { count: number; oldest: Date | null }

/** Looked for while nobody waits; removed while the graph is held, and no news is delivered that is younger. */
const batchMax = 1000

/** The tables that keep a derivation for as long as a row of theirs names it. */
export const askers = ['job_derivation', 'attribute', 'import_from_derivation']
/** Those that say more of a derivation, and go with it; by its inputs it keeps others. */
export const belongings = ['derivation_output', 'derivation_input', 'output_seen', 'missing_inputs', 'later_attempt']

/** Derivations `d` that nothing has happened to for so long, and nothing is about to. */
function ripe({ days, which }: { days: number; which: Forgettable }): RawBuilder<boolean> {
  const failed = sql`('BuildFailure', 'DependencyFailure')`
  const ofKind =
    which === 'failures'
      ? sql`d.status in ${failed}`
      : sql`d.status not in ${failed} and d.status not in ('Waiting', 'Building')`
  return sql`(${ofKind} and not d.has_task
    and coalesce(d.ended_at, d.requested_at, '-infinity') < now() - make_interval(days => ${days}))`
}

/** Derivations that no job asks for and no other derivation needs. When they go, those that they needed may be next. */
function oldDerivations(old: Old): RawBuilder<{ id: number }> {
  const asked = askers.map((table) => sql`and not exists (select from ${sql.table(table)} where derivation_id = d.id)`)
  return sql`
    select d.id from derivation d where d.account_id = ${old.accountId} and ${ripe(old)} ${sql.join(asked, sql` `)}
      and not exists (select from derivation_input where input_id = d.id)`
}

/**
 * Forgets some old derivations, with their outputs, edges, tasks and logs. Whoever brings one that is known holds the graph
 * (`bring-derivations.ts`), so that none is forgotten between being found and being asked for.
 */
export async function forgetOldDerivations(db: Db, old: Old): Promise<{ removed: number; blobs: string[] }> {
  const { rows: found } = await sql<{ id: number }>`${oldDerivations(old)} limit ${batchMax}`.execute(db)
  if (found.length === 0) return { removed: 0, blobs: [] }
  return transact(db, async (tx) => {
    await holdGraph(tx, old.accountId, 'exclusive')
    const ids = await stillOld(
      tx,
      old,
      found.map((row) => row.id),
    )
    for (const table of belongings)
      await sql`delete from ${sql.table(table)} where derivation_id = any(${ids}::bigint[])`.execute(tx)
    await sql`delete from derivation where id = any(${ids}::bigint[])`.execute(tx)
    return { removed: ids.length, blobs: await forgetTasks(tx, ['build'], ids.map(String)) }
  })
}

/** What was found before the graph was held may have been asked for since. */
async function stillOld(tx: Tx, old: Old, ids: number[]): Promise<number[]> {
  const { rows } = await sql<{ id: number }>`
    select id from (${oldDerivations(old)} and d.id = any(${ids}::bigint[])) old`.execute(tx)
  return rows.map((row) => row.id)
}

/**
 * How many derivations are forgotten in the end, once some jobs are gone and what needed others has gone before them: all that
 * are ripe and that nothing which stays needs.
 * @param goneJobs a query for the ids of these jobs
 */
export async function countOldDerivations(
  db: Reads,
  { accountId, jobDays, failureDays }: { accountId: string; jobDays: number | null; failureDays: number | null },
  goneJobs: RawBuilder<{ id: string }>,
): Promise<Record<Forgettable, Counted>> {
  const kinds = [
    ...(jobDays === null ? [] : [ripe({ days: jobDays, which: 'others' })]),
    ...(failureDays === null ? [] : [ripe({ days: failureDays, which: 'failures' })]),
  ]
  if (kinds.length === 0) return { failures: none, others: none }
  const asked = askers.map(
    (table) => sql`select derivation_id as id from ${sql.table(table)} asker
      where derivation_id is not null and not exists (select from gone where gone.id = asker.job_id)`,
  )
  // Joins, and no `not in`, which looks through a long list for each row. The offset keeps a step down the graph from reading all
  // edges of the installation: it asks for those of each derivation.
  const { rows } = await sql<Counted & { which: Forgettable }>`
    with recursive gone as materialized (${goneJobs}),
      ripe as materialized (
        select d.id, coalesce(d.ended_at, d.requested_at) as at,
          case when d.status in ('BuildFailure', 'DependencyFailure') then 'failures' else 'others' end as which
        from derivation d where d.account_id = ${accountId} and (${sql.join(kinds, sql` or `)})),
      needed (id) as (
        (${sql.join(asked, sql` union `)}
          union select d.id from derivation d left join ripe on ripe.id = d.id
            where d.account_id = ${accountId} and ripe.id is null)
        union
        select i.input_id from needed cross join lateral (
          select input_id from derivation_input where derivation_id = needed.id offset 0) i)
    select which, count(*)::int as count, min(at) as oldest from ripe left join needed on needed.id = ripe.id
    where needed.id is null group by which`.execute(db)
  const of = (which: Forgettable) => rows.find((row) => row.which === which) ?? none
  return { failures: of('failures'), others: of('others') }
}

const none: Counted = { count: 0, oldest: null }

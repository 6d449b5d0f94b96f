import type { EventContents } from '@firn/contract/agent/evaluate-event'
import { sql } from 'kysely'
import type { Reads, Tx } from '../db/connect.ts'
import { unread } from '../db/unread.ts'

type Result = EventContents<'SubstitutionQueryResult'>

const storeCharsMax = 1000

/**
 * Remembers which outputs an evaluation found in a store. An agent is believed about what its own evaluation asks for and
 * what that directly needs, and only where the path is the derivation's (hercules-ci.md 1.14.2).
 */
export async function noteSeen(
  tx: Tx,
  { jobId, accountId }: { jobId: string; accountId: string },
  results: Result[],
): Promise<void> {
  const rows = results.flatMap(({ derivation, outputName: name, storeURI, outputInfo }) => {
    if (outputInfo === null || outputInfo === undefined) return []
    const { path, hash, size, references } = outputInfo
    return [{ derivation, name, store: storeURI.slice(0, storeCharsMax), path, hash, size, refs: references ?? null }]
  })
  if (rows.length === 0) return
  await unread(
    tx,
    sql`
    with said as (
      select distinct on (d.id, x.name, x.store) d.id, x.* from jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) as x
        (derivation text, name text, store text, path text, hash text, size bigint, refs jsonb)
      join derivation d on d.account_id = ${accountId} and d.path = x.derivation
      join derivation_output o on o.derivation_id = d.id and o.name = x.name and o.path = x.path
      where exists (select from job_derivation j where j.job_id = ${jobId} and j.derivation_id = d.id)
        or exists (select from derivation_input i join job_derivation j on j.derivation_id = i.derivation_id
          where i.input_id = d.id and j.job_id = ${jobId})
    ), described as (
      update derivation_output o set hash = said.hash, size = said.size,
        refs = case when jsonb_typeof(said.refs) = 'array' then array(select jsonb_array_elements_text(said.refs)) end
      from said where o.derivation_id = said.id and o.name = said.name and o.hash is null
    )
    insert into output_seen (derivation_id, name, store) select id, name, store from said
    order by 1, 2, 3 on conflict (derivation_id, name, store) do update set seen_at = now()`,
  )
}

/** Whether every output of derivation `d` was seen in a store. */
const allSeen = sql<boolean>`(
  exists (select from derivation_output o where o.derivation_id = d.id)
  and not exists (select from derivation_output o where o.derivation_id = d.id
    and not exists (select from output_seen s where s.derivation_id = d.id and s.name = o.name)))`

/** Those of the derivations that need no build, as far as is known: built before, or seen in a store. */
export async function knownThere(db: Reads, accountId: string, paths: string[]): Promise<string[]> {
  const { rows } = await sql<{ path: string }>`
    select d.path from derivation d where d.account_id = ${accountId} and d.path = any(${paths}::text[])
      and (d.status = 'BuildSuccess' or ${allSeen})`.execute(db)
  return rows.map((row) => row.path)
}

/**
 * Settles derivations that nobody has built and nobody needs to build: all their outputs are in a store. What they need is
 * not asked for.
 * @returns those that succeeded so
 */
export async function settleSeen(
  tx: Tx,
  { projectId, urgency }: { projectId: string; urgency: number },
  ids: number[],
): Promise<number[]> {
  if (ids.length === 0) return []
  const { rows } = await sql<{ id: number }>`
    update derivation d set status = 'BuildSuccess', requested_at = now(), ended_at = now(),
      project_id = ${projectId}, urgency = ${urgency}
    where d.id in (select id from derivation where id = any(${ids}::bigint[]) and status in ('NotPlanned', 'Cancelled')
      and not has_task order by id for update) and ${allSeen} returning d.id`.execute(tx)
  return rows.map((row) => row.id)
}

/** Where its outputs were seen last. */
export async function storesOf(db: Reads, id: number): Promise<string[]> {
  const { rows } = await sql<{ store: string }>`
    select store from output_seen where derivation_id = ${id} group by store order by max(seen_at) desc`.execute(db)
  return rows.map((row) => row.store)
}

/** Their outputs turned out not to be there. */
export async function forgetSeen(tx: Tx, ids: number[]): Promise<void> {
  await sql`delete from output_seen where derivation_id = any(${ids}::bigint[])`.execute(tx)
}

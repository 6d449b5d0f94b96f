import type { DerivationInfo } from '@firn/contract/agent/evaluate-event'
import { sql } from 'kysely'
import { bigints, textArray } from '../db/arrays.ts'
import type { Tx } from '../db/connect.ts'
import { unread } from '../db/unread.ts'
import type { Brought } from './bring-derivations.ts'

type Detail = { info: DerivationInfo; derivation: Brought }

/**
 * Fills in what an evaluation says of derivations; what is known stays as it is, since a path says it all.
 * @returns those of which only the name had been known
 */
export async function saveDetails(
  tx: Tx,
  brought: Map<string, Brought>,
  infos: Map<string, DerivationInfo>,
): Promise<number[]> {
  const details = [...infos].flatMap(([path, info]): Detail[] => {
    const derivation = brought.get(path)
    return derivation && (derivation.isNew || derivation.isBare) ? [{ info, derivation }] : []
  })
  const filled = await fillIn(
    tx,
    details.filter(({ derivation }) => derivation.isBare),
  )
  // Ascending numbers go to the end of the index.
  const news = details
    .filter(({ derivation: { id, isBare } }) => !isBare || filled.has(id))
    .sort((a, b) => a.derivation.id - b.derivation.id)
  if (news.length > 0) await insertDetails(tx, brought, news)
  return [...filled]
}

/** Those that were still bare, since another may have filled them in meanwhile. */
async function fillIn(tx: Tx, bare: Detail[]): Promise<Set<number>> {
  if (bare.length === 0) return new Set()
  const rows = bare.map(({ derivation: { id }, info: { platform, requiredSystemFeatures: features } }) => ({
    id,
    platform,
    features,
  }))
  const { rows: filled } = await sql<{ id: number }>`
    with news as (select * from jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) as x (id bigint, platform text, features jsonb)),
      held as (select id from derivation where id in (select id from news) and platform is null order by id for update)
    update derivation d set platform = news.platform, required_features = array(select jsonb_array_elements_text(news.features))
    from news join held using (id) where d.id = news.id returning d.id`.execute(tx)
  return new Set(filled.map((row) => row.id))
}

/** Outputs and edges of derivations that have none yet. */
async function insertDetails(tx: Tx, brought: Map<string, Brought>, details: Detail[]): Promise<void> {
  const outputs = details.flatMap(({ derivation: { id }, info }) =>
    Object.entries(info.outputs).map(([name, output]) => ({ id, name, ...output })),
  )
  const edges = details.flatMap(({ derivation: { id }, info }) =>
    Object.entries(info.inputDerivations).map(([path, names]) => ({
      id,
      input: brought.get(path)?.id ?? 0,
      outputs: textArray(names),
    })),
  )
  // Nearly all need the same outputs of what they need: `{"out"}`.
  const choices = [...new Set(edges.map((edge) => edge.outputs))]
  const places = new Map(choices.map((choice, place) => [choice, place + 1]))
  await unread(
    tx,
    sql`
    with new_outputs as (
      insert into derivation_output (derivation_id, name, path, is_fixed)
      select * from unnest(${bigints(outputs.map(({ id }) => id))}, ${outputs.map(({ name }) => name)}::text[],
        ${outputs.map(({ path }) => path ?? null)}::text[], ${outputs.map(({ isFixed }) => isFixed)}::boolean[])
    )
    insert into derivation_input (derivation_id, input_id, outputs)
    select id, input, outputs
    from unnest(${bigints(edges.map(({ id }) => id))}, ${bigints(edges.map(({ input }) => input))},
        ${bigints(edges.map((edge) => places.get(edge.outputs) ?? 0))}) as edge (id, input, choice)
      join (select n, outputs::text[] from unnest(${choices}::text[]) with ordinality as c (outputs, n) offset 0) chosen
        on chosen.n = edge.choice`,
  )
}

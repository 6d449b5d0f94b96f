import { sql } from 'kysely'
import type { Tx } from '../db/connect.ts'
import { holdGraph } from './store.ts'

/**
 * Ids of derivations by path; those not known yet get a row that has only its name. Rows are made in the order of
 * their paths, so that two batches that bring the same ones don't wait for each other in a circle.
 */
export async function derivationIds(tx: Tx, accountId: string, paths: Iterable<string>): Promise<Map<string, number>> {
  const wanted = [...new Set(paths)].sort()
  if (wanted.length === 0) return new Map()
  // Until the transaction ends, none of them is forgotten (`forget-derivations.ts`).
  await holdGraph(tx, accountId, 'shared')
  const known = await idsOf(tx, accountId, wanted)
  const missing = wanted.filter((path) => !known.has(path))
  if (missing.length === 0) return known
  const { rows } = await sql<{ id: number; path: string }>`insert into derivation (account_id, path)
    select ${accountId}, path from unnest(${missing}::text[]) with ordinality as t (path, n) order by n
    on conflict do nothing returning id, path`.execute(tx)
  for (const { id, path } of rows) known.set(path, id)
  // Another evaluation may have brought some in the same moment.
  const taken = missing.filter((path) => !known.has(path))
  return taken.length === 0 ? known : new Map([...known, ...(await idsOf(tx, accountId, taken))])
}

async function idsOf(tx: Tx, accountId: string, paths: string[]): Promise<Map<string, number>> {
  const { rows } = await sql<{ id: number; path: string }>`
    select id, path from derivation where account_id = ${accountId} and path = any(${paths}::text[])`.execute(tx)
  return new Map(rows.map((row) => [row.path, row.id]))
}

import type { DerivationInfo } from '@firn/contract/agent/evaluate-event'
import type { DerivationStatus } from '@firn/contract/api/derivation'
import { type RawBuilder, sql } from 'kysely'
import { textArray } from '../db/arrays.ts'
import type { Tx } from '../db/connect.ts'
import type { Asker } from './asker.ts'
import { holdGraph } from './store.ts'

/** A derivation that an evaluation speaks of. */
export type Brought = {
  id: number
  /** As it was when it was looked up, or as it was made. */
  status: DerivationStatus
  /** Only its name is known. */
  isBare: boolean
  /** Made in this transaction: until that ends, nobody else knows of it. */
  isNew: boolean
}

/** What is known of those that are made now. */
export type Description = {
  infos: Map<string, DerivationInfo>
  /** Who asks for these of them; they wait from the beginning, so that no row is written twice. */
  asker: Asker
  asked: (path: string) => boolean
}

/**
 * The derivations of an account with these paths; those not known yet get a row, which has only its name if there is no description.
 * Rows are made in the order of their paths, so that two batches that bring the same ones don't wait for each other in a
 * circle.
 */
export async function bringDerivations(
  tx: Tx,
  accountId: string,
  paths: Iterable<string>,
  description?: Description,
): Promise<Map<string, Brought>> {
  const wanted = [...new Set(paths)].sort()
  if (wanted.length === 0) return new Map()
  // Until the transaction ends, none of them is forgotten (`forget-derivations.ts`).
  await holdGraph(tx, accountId, 'shared')
  const brought = new Map<string, Brought>()
  await find(tx, accountId, wanted, brought)
  const missing = wanted.filter((path) => !brought.has(path))
  if (missing.length === 0) return brought
  const { rows } = await (description ? makeDescribed(tx, missing, description) : makeBare(tx, accountId, missing))
  for (const { path, ...row } of rows) brought.set(path, { ...row, isNew: true })
  // Another evaluation may have brought some in the same moment.
  const taken = missing.filter((path) => !brought.has(path))
  await find(tx, accountId, taken, brought)
  return brought
}

/** Each by its index: of a table that grows the planner would rather read all. */
async function find(tx: Tx, accountId: string, paths: string[], brought: Map<string, Brought>): Promise<void> {
  if (paths.length === 0) return
  const { rows } = await sql<Row>`
    select d.* from unnest(${textArray(paths)}::text[]) as these (path) cross join lateral (
      select id, path, status, platform is null as "isBare" from derivation
      where account_id = ${accountId} and path = these.path offset 0) d`.execute(tx)
  for (const { path, ...row } of rows) brought.set(path, { ...row, isNew: false })
}

type Row = Omit<Brought, 'isNew'> & { path: string }

function makeBare(tx: Tx, accountId: string, paths: string[]) {
  return sql<Row>`
    insert into derivation (account_id, path)
    select ${accountId}, path from unnest(${textArray(paths)}::text[]) with ordinality as t (path, n) order by n
    on conflict do nothing ${returned}`.execute(tx)
}

function makeDescribed(tx: Tx, paths: string[], { infos, asker, asked }: Description) {
  const kinds = new Kinds()
  const kindOf = paths.map((path) => kinds.of(infos.get(path)))
  const isAsked = paths.map((path) => infos.has(path) && asked(path))
  const { accountId, projectId, urgency } = asker
  return sql<Row>`
    insert into derivation
      (account_id, path, platform, required_features, status, requested_at, project_id, urgency)
    select ${accountId}, path, platform, coalesce(features, '{}'), case when asked then 'Waiting' else 'NotPlanned' end,
      case when asked then now() end, case when asked then ${projectId}::uuid end, case when asked then ${urgency} else 2 end
    from unnest(${textArray(paths)}::text[], ${`{${kindOf.join(',')}}`}::int[], ${`{${isAsked.join(',')}}`}::boolean[])
        with ordinality as t (path, kind, asked, n)
      left join ${kinds.table} using (kind) order by n
    on conflict do nothing ${returned}`.execute(tx)
}

const returned = sql`returning id, path, status, platform is null as "isBare"`

/** What derivations ask of an agent: of thousands, most ask the same. */
class Kinds {
  #numbers = new Map<string, number>()

  /** 0 for what is not described */
  of(info: DerivationInfo | undefined): number {
    if (info === undefined) return 0
    const text = JSON.stringify([info.platform, info.requiredSystemFeatures])
    const known = this.#numbers.get(text)
    if (known !== undefined) return known
    this.#numbers.set(text, this.#numbers.size + 1)
    return this.#numbers.size
  }

  get table(): RawBuilder<unknown> {
    return sql`(
      select n as kind, said ->> 0 as platform, array(select jsonb_array_elements_text(said -> 1)) as features
      from jsonb_array_elements(${`[${[...this.#numbers.keys()].join(',')}]`}::jsonb) with ordinality as k (said, n)) kinds`
  }
}

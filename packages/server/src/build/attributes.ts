import { hash } from 'node:crypto'
import type { AttributeType, EventContents } from '@firn/contract/agent/evaluate-event'
import type { DerivationStatus } from '@firn/contract/api/derivation'
import type { JobStatus } from '@firn/contract/api/job'
import { showAttributePath } from '@firn/contract/attribute-path'
import { attributeOutcome } from '@firn/core/job/outcome'
import { type RawBuilder, sql } from 'kysely'
import { textArray } from '../db/arrays.ts'
import type { Tx } from '../db/connect.ts'
import { unread } from '../db/unread.ts'

const sortKeyCharsMax = 400

/** The key of an attribute within its job. */
export function pathKey(path: readonly string[]): Buffer {
  return hash('sha256', JSON.stringify(path), 'buffer')
}

export type NewAttribute = {
  path: string[]
  type: AttributeType
  derivationId: number | null
  error: EventContents<'AttributeError'> | null
  secrets: EventContents<'AttributeEffect'>['secretsToUse'] | null
  evalMs: number | null
}

/** Adds attributes to a job; one that is there stays as it is. Their outcomes are settled afterwards. */
export async function insertAttributes(tx: Tx, jobId: string, attributes: NewAttribute[]): Promise<void> {
  if (attributes.length === 0) return
  const column = <T>(of: (attribute: NewAttribute) => T) => attributes.map(of)
  const json = (value: unknown) => (value === null ? null : JSON.stringify(value))
  await unread(
    tx,
    sql`
    insert into attribute (job_id, path, path_key, sort_key, type, derivation_id, error, secrets, eval_ms, outcome)
    select ${jobId}, path::text[], decode(key, 'hex'), sort, type, derivation, error, secrets, eval_ms,
      case when error is null then 'Pending' else 'Failure' end
    from unnest(${column(({ path }) => textArray(path))}::text[], ${column(({ path }) => pathKey(path).toString('hex'))}::text[],
      ${column(({ path }) => showAttributePath(path).slice(0, sortKeyCharsMax))}::text[], ${column(({ type }) => type)}::text[],
      ${column(({ derivationId }) => derivationId)}::bigint[], ${column(({ error }) => json(error))}::jsonb[],
      ${column(({ secrets }) => json(secrets))}::jsonb[], ${column(({ evalMs }) => evalMs)}::real[])
      as x (path, key, sort, type, derivation, error, secrets, eval_ms)
    on conflict do nothing`,
  )
}

type Affected = {
  job_id: string
  key: string
  type: AttributeType
  status: DerivationStatus
  known: boolean
  outcome: JobStatus
  inputs: DerivationStatus[]
}

const columns = sql`job_id, path_key, type, outcome, derivation_id`
const ofInputs = sql`type in ('DependenciesOnly', 'Effect')`

/** The attributes of derivations, each found by its index: what the planner makes of a table that grows is another thing. */
const attributesOf = (derivations: RawBuilder<unknown>, which = sql`true`) => sql`
  ${derivations} of cross join lateral (
    select ${columns} from attribute where derivation_id = of.id and ${which} offset 0
  ) a`

const these = (ids: number[]) => sql`(select id from unnest(${ids}::bigint[]) as these (id))`
const thatNeed = (ids: number[]) => sql`
  (select distinct needs.derivation_id as id from ${these(ids)} input cross join lateral (
    select derivation_id from derivation_input where input_id = input.id offset 0) needs)`

/** Brings outcomes in line with the states of derivations that have changed. */
export async function settleAttributes(tx: Tx, derivationIds: number[]): Promise<void> {
  if (derivationIds.length === 0) return
  const own = attributesOf(these(derivationIds))
  const above = attributesOf(thatNeed(derivationIds), ofInputs)
  await settle(tx, sql`(select a.* from ${own} union all select a.* from ${above}) a`)
}

/** Settles new attributes of derivations that were there before; of most nothing is known yet, and they stay pending. */
export async function settleNewAttributes(tx: Tx, jobId: string, derivationIds: number[]): Promise<void> {
  if (derivationIds.length === 0) return
  // The job is asked for last: its index would be taken, and holds all attributes of the job.
  const which = sql`where a.job_id = ${jobId} and (a.${ofInputs} or d.status not in ('NotPlanned', 'Waiting', 'Building'))`
  await settle(tx, attributesOf(these(derivationIds)), which)
}

/** The same for every attribute of a job that is still pending. */
export async function settlePendingAttributes(tx: Tx, jobId: string): Promise<void> {
  await settle(tx, sql`(select ${columns} from attribute where job_id = ${jobId} and outcome = 'Pending') a`)
}

/** @param attributes a source of them under the name `a` */
async function settle(tx: Tx, attributes: RawBuilder<unknown>, which = sql``): Promise<void> {
  const { rows } = await sql<Affected>`
    select a.job_id, encode(a.path_key, 'hex') as key, a.type, d.status, d.platform is not null as known, a.outcome,
      case when a.${ofInputs} then array(
        select u.status from derivation_input i
          cross join lateral (select status from derivation where id = i.input_id offset 0) u
        where i.derivation_id = a.derivation_id
      ) else '{}' end as inputs
    from ${attributes}
      cross join lateral (select status, platform from derivation where id = a.derivation_id offset 0) d ${which}`.execute(
    tx,
  )
  const changed = rows
    .map((row) => ({ ...row, next: row.known ? attributeOutcome(row.type, row.status, row.inputs) : 'Pending' }))
    .filter((row) => row.next !== row.outcome)
  if (changed.length === 0) return
  await unread(
    tx,
    sql`
    update attribute a set outcome = x.outcome
    from unnest(${changed.map((row) => row.job_id)}::uuid[], ${changed.map((row) => row.key)}::text[],
      ${changed.map((row) => row.next)}::text[]) as x (job_id, key, outcome)
    where a.job_id = x.job_id and a.path_key = decode(x.key, 'hex')`,
  )
}

/** Forgets the attributes of a job whose evaluation is begun again; builds that run for it go on. */
export async function forgetAttributes(tx: Tx, jobId: string): Promise<void> {
  await tx.deleteFrom('attribute').where('job_id', '=', jobId).execute()
  await tx.deleteFrom('job_derivation').where('job_id', '=', jobId).execute()
}

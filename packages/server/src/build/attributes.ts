import { createHash } from 'node:crypto'
import type { AttributeType, EventContents } from '@firn/contract/agent/evaluate-event'
import type { DerivationStatus } from '@firn/contract/api/derivation'
import type { JobStatus } from '@firn/contract/api/job'
import { showAttributePath } from '@firn/contract/attribute-path'
import { attributeOutcome } from '@firn/core/job/outcome'
import { sql } from 'kysely'
import type { Tx } from '../db/connect.ts'

const sortKeyCharsMax = 400

/** The key of an attribute within its job. */
export function pathKey(path: readonly string[]): Buffer {
  return createHash('sha256').update(JSON.stringify(path)).digest()
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
  const rows = attributes.map(({ path, type, derivationId, error, secrets, evalMs }) => ({
    path,
    key: pathKey(path).toString('hex'),
    sort: showAttributePath(path).slice(0, sortKeyCharsMax),
    type,
    derivation: derivationId,
    error,
    secrets,
    eval_ms: evalMs,
    outcome: error === null ? 'Pending' : 'Failure',
  }))
  await sql`
    insert into attribute (job_id, path, path_key, sort_key, type, derivation_id, error, secrets, eval_ms, outcome)
    select ${jobId}, array(select jsonb_array_elements_text(path)), decode(key, 'hex'), sort, type, derivation,
      nullif(error, 'null'), nullif(secrets, 'null'), eval_ms, outcome
    from jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) as x
      (path jsonb, key text, sort text, type text, derivation bigint, error jsonb, secrets jsonb, eval_ms real, outcome text)
    on conflict do nothing`.execute(tx)
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

/** Brings outcomes in line with the states of derivations that have changed. */
export async function settleAttributes(tx: Tx, derivationIds: number[]): Promise<void> {
  if (derivationIds.length === 0) return
  // Two questions rather than one with "or": each finds its rows by an index.
  await settle(tx, sql`a.derivation_id = any(${derivationIds}::bigint[])`)
  await settle(
    tx,
    sql`a.type in ('DependenciesOnly', 'Effect') and a.derivation_id in
      (select derivation_id from derivation_input where input_id = any(${derivationIds}::bigint[]))`,
  )
}

/** Settles new attributes of derivations that were there before; of most nothing is known yet, and they stay pending. */
export async function settleNewAttributes(tx: Tx, jobId: string, derivationIds: number[]): Promise<void> {
  if (derivationIds.length === 0) return
  await settle(
    tx,
    sql`a.job_id = ${jobId} and a.derivation_id = any(${derivationIds}::bigint[])
      and (a.type in ('DependenciesOnly', 'Effect') or d.status not in ('NotPlanned', 'Waiting', 'Building'))`,
  )
}

/** The same for every attribute of a job that is still pending. */
export async function settlePendingAttributes(tx: Tx, jobId: string): Promise<void> {
  await settle(tx, sql`a.job_id = ${jobId} and a.outcome = 'Pending'`)
}

async function settle(tx: Tx, which: ReturnType<typeof sql>): Promise<void> {
  const { rows } = await sql<Affected>`
    select a.job_id, encode(a.path_key, 'hex') as key, a.type, d.status, d.platform is not null as known, a.outcome,
      case when a.type in ('DependenciesOnly', 'Effect') then array(
        select u.status from derivation_input i join derivation u on u.id = i.input_id where i.derivation_id = d.id
      ) else '{}' end as inputs
    from attribute a join derivation d on d.id = a.derivation_id where ${which}`.execute(tx)
  const changed = rows
    .map((row) => ({ ...row, next: row.known ? attributeOutcome(row.type, row.status, row.inputs) : 'Pending' }))
    .filter((row) => row.next !== row.outcome)
  if (changed.length === 0) return
  await sql`
    update attribute a set outcome = x.outcome
    from unnest(${changed.map((row) => row.job_id)}::uuid[], ${changed.map((row) => row.key)}::text[],
      ${changed.map((row) => row.next)}::text[]) as x (job_id, key, outcome)
    where a.job_id = x.job_id and a.path_key = decode(x.key, 'hex')`.execute(tx)
}

/** Forgets the attributes of a job whose evaluation is begun again; builds that run for it go on. */
export async function forgetAttributes(tx: Tx, jobId: string): Promise<void> {
  await tx.deleteFrom('attribute').where('job_id', '=', jobId).execute()
  await tx.deleteFrom('job_derivation').where('job_id', '=', jobId).execute()
}

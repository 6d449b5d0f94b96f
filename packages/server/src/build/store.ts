import type { EventContents } from '@firn/contract/agent/evaluate-event'
import type { DerivationStatus } from '@firn/contract/api/derivation'
import { type RawBuilder, sql } from 'kysely'
import type { Reads, Tx } from '../db/connect.ts'

type Info = EventContents<'DerivationInfo'>

/** Fills in what an evaluation says of derivations; what is known stays as it is, since a path says it all. */
export async function saveDerivations(tx: Tx, ids: Map<string, number>, infos: Info[]): Promise<void> {
  if (infos.length === 0) return
  const rows = infos.map((info) => ({
    id: ids.get(info.derivationPath),
    platform: info.platform,
    features: info.requiredSystemFeatures,
    outputs: Object.entries(info.outputs).map(([name, { path, isFixed }]) => ({ name, path: path ?? null, isFixed })),
    inputs: Object.entries(info.inputDerivations).map(([path, outputs]) => ({ id: ids.get(path), outputs })),
  }))
  const text = JSON.stringify(rows)
  // One statement sees which rows were still bare, and only those bring outputs and edges.
  await sql`
    with news as (
      select * from jsonb_to_recordset(${text}::jsonb) as x (id bigint, platform text, features jsonb, outputs jsonb, inputs jsonb)
    ), filled as (
      update derivation d set platform = news.platform,
        required_features = array(select jsonb_array_elements_text(news.features))
      from news where d.id = news.id and d.platform is null returning d.id
    ), outputs as (
      insert into derivation_output (derivation_id, name, path, is_fixed)
      select news.id, o.name, o.path, o."isFixed" from filled join news using (id),
        jsonb_to_recordset(news.outputs) as o (name text, path text, "isFixed" boolean)
      on conflict do nothing
    )
    insert into derivation_input (derivation_id, input_id, outputs)
    select news.id, i.id, array(select jsonb_array_elements_text(i.outputs)) from filled join news using (id),
      jsonb_to_recordset(news.inputs) as i (id bigint, outputs jsonb)
    on conflict do nothing`.execute(tx)
}

export async function linkToJob(tx: Tx, jobId: string, ids: number[]): Promise<void> {
  await sql`insert into job_derivation (job_id, derivation_id) select ${jobId}, unnest(${ids}::bigint[])
    on conflict do nothing`.execute(tx)
}

/** Asks for derivations that nobody has asked for before; answers which. */
export async function planDerivations(tx: Tx, ids: number[]): Promise<number[]> {
  const { rows } = await sql<{ id: number }>`
    update derivation set status = 'Waiting', requested_at = now()
    where id = any(${ids}::bigint[]) and status in ('NotPlanned', 'Cancelled') returning id`.execute(tx)
  return rows.map((row) => row.id)
}

const unbuilt = sql`('Waiting', 'Building')`
const bad = sql`('BuildFailure', 'DependencyFailure', 'Cancelled')`

/**
 * Holds what the derivations still wait for against those who would settle it, so that either they see us waiting or we
 * see them settled, never neither.
 */
export async function holdUnbuiltInputs(tx: Tx, ids: number[]): Promise<void> {
  await sql`
    select from derivation u where status in ${unbuilt} and id in
      (select input_id from derivation_input where derivation_id = any(${ids}::bigint[]))
    order by id for share`.execute(tx)
}

export type ReadyRow = { id: number; platform: string; required_features: string[]; attempt: number }

/** Of the derivations, those that wait, have no task, and need nothing that is not there; locked. */
export async function readyAmong(tx: Tx, ids: number[]): Promise<ReadyRow[]> {
  const { rows } = await sql<ReadyRow>`
    select d.id, d.platform, d.required_features, d.attempt from derivation d
    where d.id = any(${ids}::bigint[]) and d.status = 'Waiting' and not d.has_task and d.platform is not null
      and not exists (
        select from derivation_input i join derivation u on u.id = i.input_id
        where i.derivation_id = d.id and (u.status in ${unbuilt} or u.status in ${bad})
      )
    order by d.id for update of d`.execute(tx)
  return rows
}

/** Of the derivations, those that wait for something that has failed. */
export async function blockedAmong(tx: Tx, ids: number[]): Promise<number[]> {
  const { rows } = await sql<{ id: number }>`
    select d.id from derivation d where d.id = any(${ids}::bigint[]) and d.status = 'Waiting'
      and exists (
        select from derivation_input i join derivation u on u.id = i.input_id
        where i.derivation_id = d.id and u.status in ${bad}
      ) order by d.id`.execute(tx)
  return rows.map((row) => row.id)
}

export async function setStatus(
  tx: Tx,
  ids: number[],
  status: DerivationStatus,
  more: RawBuilder<unknown> = sql``,
): Promise<void> {
  await sql`update derivation set status = ${status}${more} where id = any(${ids}::bigint[])`.execute(tx)
}

export async function markQueued(tx: Tx, ids: number[]): Promise<void> {
  await sql`update derivation set has_task = true where id = any(${ids}::bigint[])`.execute(tx)
}

/** Those that directly need one of the derivations and wait without a task, locked. */
export async function waitingDependents(tx: Tx, ids: number[]): Promise<number[]> {
  const { rows } = await sql<{ id: number }>`
    select d.id from derivation d where d.status = 'Waiting' and not d.has_task and d.id in
      (select derivation_id from derivation_input where input_id = any(${ids}::bigint[]))
    order by d.id for update`.execute(tx)
  return rows.map((row) => row.id)
}

/** Everything that waits and needs one of the derivations, however indirectly, locked. */
export async function allWaitingDependents(tx: Tx, ids: number[]): Promise<number[]> {
  const { rows } = await sql<{ id: number }>`
    with recursive above as (
      select i.derivation_id as id from derivation_input i join derivation d on d.id = i.derivation_id
      where i.input_id = any(${ids}::bigint[]) and d.status = 'Waiting'
      union
      select i.derivation_id from above join derivation_input i on i.input_id = above.id
        join derivation d on d.id = i.derivation_id where d.status = 'Waiting'
    )
    select id from derivation where id in (select id from above) and status = 'Waiting' order by id for update`.execute(
    tx,
  )
  return rows.map((row) => row.id)
}

/** The derivation of a build task, locked. */
export async function lockDerivation(tx: Tx, id: number) {
  return tx.selectFrom('derivation').selectAll().where('id', '=', id).forUpdate().executeTakeFirst()
}

export async function jobsOf(db: Reads, ids: number[]): Promise<string[]> {
  const { rows } = await sql<{ job_id: string }>`
    select distinct job_id from job_derivation where derivation_id = any(${ids}::bigint[])`.execute(db)
  return rows.map((row) => row.job_id)
}

export async function pathsOf(db: Reads, ids: number[]): Promise<string[]> {
  const { rows } = await sql<{ path: string }>`
    select path from derivation where id = any(${ids}::bigint[])`.execute(db)
  return rows.map((row) => row.path)
}

/** Derivations that wait with nothing to wait for: none, if every change did its part. */
export async function forgottenDerivations(db: Reads): Promise<{ id: number; account_id: string }[]> {
  const { rows } = await sql<{ id: number; account_id: string }>`
    select d.id, d.account_id from derivation d
    where d.status = 'Waiting' and not d.has_task and d.platform is not null
      and d.requested_at < now() - interval '10 seconds'
      and (not exists (
          select from derivation_input i join derivation u on u.id = i.input_id
          where i.derivation_id = d.id and u.status in ${unbuilt})
        or exists (
          select from derivation_input i join derivation u on u.id = i.input_id
          where i.derivation_id = d.id and u.status in ${bad}))
    order by d.id limit 1000`.execute(db)
  return rows
}

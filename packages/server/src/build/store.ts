import type { DerivationStatus } from '@firn/contract/api/derivation'
import { type RawBuilder, sql } from 'kysely'
import { bigints } from '../db/arrays.ts'
import type { Reads, Tx } from '../db/connect.ts'
import { unread } from '../db/unread.ts'
import type { Asker } from './asker.ts'
import { noteAttempts } from './later-attempts.ts'

/** Notes that a job asks for derivations; answers for which it had not asked before. */
export async function linkToJob(tx: Tx, jobId: string, ids: number[]): Promise<number[]> {
  if (ids.length === 0) return []
  const { rows } = await sql<{ derivation_id: number }>`
    insert into job_derivation (job_id, derivation_id) select ${jobId}, unnest(${bigints(ids)})
    on conflict do nothing returning derivation_id`.execute(tx)
  return rows.map((row) => row.derivation_id)
}

/** What somebody cancelled, and what is blocked, below derivations that are not there: they cannot be built without it. */
export async function cancelledBelow(tx: Tx, accountId: string, ids: number[]): Promise<number[]> {
  const { rows: some } =
    await sql`select from derivation where account_id = ${accountId} and status = 'Cancelled' limit 1`.execute(tx)
  if (some.length === 0) return []
  const { rows } = await sql<{ id: number }>`
    with recursive below as (
      select id from derivation
      where id = any(${ids}::bigint[]) and status in ('NotPlanned', 'Waiting', 'Cancelled', 'DependencyFailure')
      union
      select u.id from below join derivation_input i on i.derivation_id = below.id join derivation u on u.id = i.input_id
      where u.status in ('Cancelled', 'DependencyFailure')
    )
    select id from below where id <> all(${ids}::bigint[])`.execute(tx)
  return rows.map((row) => row.id)
}

/** Asks for derivations that nobody has asked for before; answers which. */
export async function planDerivations(tx: Tx, { projectId, urgency, jobId }: Asker, ids: number[]): Promise<number[]> {
  if (ids.length === 0) return []
  const { rows } = await sql<{ id: number; attempt: number }>`
    update derivation set status = 'Waiting', requested_at = now(), project_id = ${projectId}, urgency = ${urgency},
      attempt = attempt + (status <> 'NotPlanned')::int, started_at = null, ended_at = null
    where id = any(${ids}::bigint[]) and (status in ('NotPlanned', 'Cancelled')
      or id = any(${await blockedByCancelled(tx, ids)}::bigint[])) returning id, attempt`.execute(tx)
  await noteAttempts(tx, rows, { isReset: false, jobId })
  return rows.map((row) => row.id)
}

/**
 * Of the derivations those that are blocked, however indirectly, by nothing but what somebody cancelled: a cancelled
 * build must not be the failure of those who ask later.
 */
async function blockedByCancelled(tx: Tx, ids: number[]): Promise<number[]> {
  const { rows: blocked } = await sql<{ id: number }>`
    select id from derivation where id = any(${ids}::bigint[]) and status = 'DependencyFailure'`.execute(tx)
  if (blocked.length === 0) return []
  const among = blocked.map((row) => row.id)
  const { rows } = await sql<{ id: number }>`
    with recursive failed as (
      select i.derivation_id as id from derivation_input i join derivation u on u.id = i.input_id
      where i.derivation_id = any(${among}::bigint[])
        and (u.status = 'BuildFailure' or (u.status = 'DependencyFailure' and u.id <> all(${among}::bigint[])))
      union
      select i.derivation_id from failed join derivation_input i on i.input_id = failed.id
      where i.derivation_id = any(${among}::bigint[])
    )
    select id from unnest(${among}::bigint[]) as blocked (id) where id not in (select id from failed)`.execute(tx)
  return rows.map((row) => row.id)
}

/** What each transaction holds already. */
const graphs = new WeakMap<Tx, Map<string, 'shared' | 'exclusive'>>()

/**
 * Held until the transaction ends: `shared` by those who plan or free derivations of an account, `exclusive` by those who
 * block what needs a failed one. A failure reaches derivations that are not locked one by one, so nothing may be planned
 * beside it. Take it before any row.
 */
export async function holdGraph(tx: Tx, accountId: string, how: 'shared' | 'exclusive'): Promise<void> {
  const held = graphs.get(tx) ?? new Map()
  graphs.set(tx, held)
  if (held.get(accountId) === how || held.get(accountId) === 'exclusive') return
  held.set(accountId, how)
  const key = sql`hashtextextended(${`firn.graph.${accountId}`}, 0)`
  if (how === 'shared') await unread(tx, sql`select pg_advisory_xact_lock_shared(${key})`)
  else await unread(tx, sql`select pg_advisory_xact_lock(${key})`)
}

/**
 * Held until the transaction ends by whoever begins or ends builds, one at a time in an account: each takes its own derivations and
 * then looks at others that their dependents need, which would wait for each other in a circle. Before the graph and any row.
 */
export async function holdEnds(tx: Tx, accountId: string): Promise<void> {
  await unread(tx, sql`select pg_advisory_xact_lock(hashtextextended(${`firn.ends.${accountId}`}, 0))`)
}

/**
 * Holds those inputs of the derivations that a task is at work on: whoever ends it then either sees us waiting or has
 * ended before we look, never neither.
 */
export async function holdInputsAtWork(tx: Tx, ids: number[]): Promise<void> {
  const { rows } = await sql<{ input_id: number }>`
    select distinct input_id from derivation_input where derivation_id = any(${ids}::bigint[])`.execute(tx)
  const inputs = rows.map((row) => row.input_id)
  await unread(tx, sql`select from derivation where id = any(${inputs}::bigint[]) and has_task order by id for share`)
}

export type WaitingRow = {
  id: number
  platform: string
  required_features: string[]
  attempt: number
  project_id: string
  urgency: number
  rank: number
  /** Something it needs is not there yet. */
  waits: boolean
  /** Something it needs has failed. */
  blocked: boolean
}

const unbuilt = sql`('Waiting', 'Building')`
const bad = sql`('BuildFailure', 'DependencyFailure', 'Cancelled')`

type State = { id: number; status: DerivationStatus; has_task: boolean }

/**
 * How derivations stand. What a task is at work on is held as by `holdInputsAtWork`; what ended while we waited for that has no
 * answer. Each is found by its index: of a table that grows the planner would rather read all.
 */
export async function holdStates(tx: Tx, ids: number[]): Promise<Map<number, DerivationStatus>> {
  if (ids.length === 0) return new Map()
  const { rows } = await sql<State>`
    select d.* from unnest(${bigints(ids)}) as these (id)
      cross join lateral (select id, status, has_task from derivation where id = these.id offset 0) d`.execute(tx)
  const states = new Map(rows.map((row) => [row.id, row.status]))
  const atWork = rows.filter((row) => row.has_task).map((row) => row.id)
  if (atWork.length === 0) return states
  const { rows: held } = await sql<State>`
    select id, status from derivation where id = any(${bigints(atWork)}) and has_task order by id for share`.execute(tx)
  for (const id of atWork) states.delete(id)
  for (const row of held) states.set(row.id, row.status)
  return states
}

/**
 * Whether derivation `d` has a direct input in one of the states. Written so that it can only be answered from the edges
 * of `d`: in a table that grows faster than its statistics the planner begins at the wrong end, once a row.
 */
const hasInput = (states: ReturnType<typeof sql>) => sql<boolean>`coalesce((
  select true from derivation_input i
    cross join lateral (select status from derivation where id = i.input_id offset 0) u
  where i.derivation_id = d.id and u.status in ${states} limit 1), false)`

/** Of the derivations, those that wait and have no task, locked, with how their inputs stand. */
export async function waitingAmong(tx: Tx, ids: number[]): Promise<WaitingRow[]> {
  const { rows } = await sql<WaitingRow>`
    select d.id, d.platform, d.required_features, d.attempt, d.project_id, d.urgency, d.rank,
      ${hasInput(unbuilt)} as waits, ${hasInput(bad)} as blocked
    from derivation d
    where d.id = any(${ids}::bigint[]) and d.status = 'Waiting' and not d.has_task and d.platform is not null
    order by d.id for update of d`.execute(tx)
  return rows
}

export async function setStatus(
  tx: Tx,
  ids: number[],
  status: DerivationStatus,
  more: RawBuilder<unknown> = sql``,
): Promise<void> {
  await unread(tx, sql`update derivation set status = ${status}${more} where id = any(${ids}::bigint[])`)
}

export async function markQueued(tx: Tx, ids: number[]): Promise<void> {
  await unread(tx, sql`update derivation set has_task = true where id = any(${ids}::bigint[])`)
}

/** Those that directly need one of the derivations and wait without a task, locked. */
export async function waitingDependents(tx: Tx, ids: number[]): Promise<number[]> {
  // Two statements: with an array that it has made itself PostgreSQL compares row by row, and some things everything needs.
  const { rows: above } = await sql<{ id: number }>`
    select distinct derivation_id as id from derivation_input where input_id = any(${ids}::bigint[])`.execute(tx)
  if (above.length === 0) return []
  const { rows } = await sql<{ id: number }>`
    select id from derivation where id = any(${above.map((row) => row.id)}::bigint[]) and status = 'Waiting' and not has_task
    order by id for update`.execute(tx)
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

/** The derivations, locked until the transaction ends, with the attempt that each is at. */
export async function attemptsOf(tx: Tx, ids: number[]): Promise<Map<number, number>> {
  const { rows } = await sql<{ id: number; attempt: number }>`
    select id, attempt from derivation where id = any(${ids}::bigint[]) order by id for update`.execute(tx)
  return new Map(rows.map((row) => [row.id, row.attempt]))
}

/** Derivations that wait with nothing to wait for: none, if every change did its part. */
export async function forgottenDerivations(db: Reads): Promise<{ id: number; account_id: string }[]> {
  const { rows } = await sql<{ id: number; account_id: string }>`
    select d.id, d.account_id from derivation d
    where d.idle and d.platform is not null and d.requested_at < now() - interval '10 seconds'
      and (not exists (
          select from derivation_input i join derivation u on u.id = i.input_id
          where i.derivation_id = d.id and u.status in ${unbuilt})
        or exists (
          select from derivation_input i join derivation u on u.id = i.input_id
          where i.derivation_id = d.id and u.status in ${bad}))
    order by d.id limit 1000`.execute(db)
  return rows
}

import { sql } from 'kysely'
import type { Tx } from '../db/connect.ts'
import type { TaskRow } from '../dispatch/task.ts'
import { asUrgency } from '../dispatch/urgency.ts'
import type { Asker } from './asker.ts'
import { planBuilds } from './plan-builds.ts'
import { rebuild } from './retry.ts'
import { forgetSeen } from './seen.ts'
import { holdGraph, lockDerivation } from './store.ts'

/** So often an attempt may find inputs missing; then it is broken, and its agent's words say what is missing. */
const roundsMax = 3

/**
 * Outputs that were built, or seen in a store, are gone: collected since. What makes them is built again, and the build
 * that needs them waits for it (`wait-for-inputs.ts`). An agent is believed about what its own task needs.
 */
export async function recoverInputs(tx: Tx, task: TaskRow, paths: string[]): Promise<void> {
  await holdGraph(tx, task.account_id, 'shared')
  const derivation = await lockDerivation(tx, Number(task.subject))
  if (derivation === undefined || derivation.attempt !== task.attempt || !derivation.has_task) return
  const inputs = await makersOf(tx, derivation.id, paths)
  if (inputs.length === 0 || (await countRound(tx, derivation)) > roundsMax) return
  await forgetSeen(tx, inputs)
  await linkToRunningJobs(tx, derivation.id, inputs)
  await rebuild(tx, askerOf(task), inputs)
  await planBuilds(tx, askerOf(task), inputs)
}

/** What is built again is as urgent as the build that needs it. */
function askerOf({ account_id: accountId, project_id: projectId, urgency }: TaskRow): Asker {
  return { accountId, projectId, urgency: asUrgency(urgency), jobId: null }
}

/** Those direct inputs of the derivation that make the paths. */
async function makersOf(tx: Tx, id: number, paths: string[]): Promise<number[]> {
  const { rows } = await sql<{ id: number }>`
    select distinct o.derivation_id as id from derivation_input i
      join derivation_output o on o.derivation_id = i.input_id and o.name = any(i.outputs)
    where i.derivation_id = ${id} and o.path = any(${paths}::text[])`.execute(tx)
  return rows.map((row) => row.id)
}

async function countRound(tx: Tx, { id, attempt }: { id: number; attempt: number }): Promise<number> {
  const { rows } = await sql<{ rounds: number }>`
    insert into missing_inputs as m (derivation_id, attempt, rounds) values (${id}, ${attempt}, 1)
    on conflict (derivation_id, attempt) do update set rounds = m.rounds + 1 returning rounds`.execute(tx)
  return rows[0]?.rounds ?? 1
}

/** The jobs that wait for the derivation show what it waits for. */
async function linkToRunningJobs(tx: Tx, id: number, inputs: number[]): Promise<void> {
  await sql`
    insert into job_derivation (job_id, derivation_id)
    select j.id, input from job_derivation d join job j on j.id = d.job_id, unnest(${inputs}::bigint[]) as input
    where d.derivation_id = ${id} and j.phase <> 'Done' on conflict do nothing`.execute(tx)
}

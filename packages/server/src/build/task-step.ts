import type { ServerPayload } from '@firn/contract/agent/socket'
import { DrvPath, StorePath } from '@firn/contract/ids'
import { sql } from 'kysely'
import { makeTaskToken } from '../catalog/token.ts'
import type { Reads, Tx } from '../db/connect.ts'
import { unread } from '../db/unread.ts'
import type { ReportedTask, StartedTask, TaskRow, TaskStep } from '../dispatch/task.ts'
import { acceptOutputs } from './accept-outputs.ts'
import { announceBuilds } from './announce-builds.ts'
import { endBuilds } from './end-builds.ts'
import { inputsAt } from './inputs-at.ts'
import { recoverInputs } from './recover-inputs.ts'
import { holdEnds, holdGraph, lockDerivation, setStatus } from './store.ts'

/** What becomes of a build task. */
export function buildStep({ key }: { key: Buffer }): TaskStep {
  return {
    render: (db, tasks) => render(key, db, tasks),
    inputsAt,
    started,
    takesBeginsWithEnds: true,
    resumed,
    reported,
    ended: endBuilds,
  }
}

async function started(tx: Tx, tasks: StartedTask[]): Promise<void> {
  for (const [accountId, own] of Map.groupBy(tasks, ({ task }) => task.account_id)) {
    const ids = own.map(({ task }) => Number(task.subject))
    await holdEnds(tx, accountId)
    await unread(
      tx,
      sql`
      update derivation d set status = 'Building', started_at = now() - make_interval(secs => x.ago / 1000)
      from unnest(${ids}::bigint[], ${own.map(({ agoMs }) => agoMs)}::float8[]) as x (id, ago) where d.id = x.id`,
    )
    await announceBuilds(tx, accountId, ids)
  }
}

async function reported(tx: Tx, tasks: ReportedTask[]): Promise<void> {
  await acceptOutputs(tx, tasks)
  for (const { task, events } of tasks) {
    const missing = events.flatMap((event) => (event.tag === 'FirnMissingInputs' ? event.contents.paths : []))
    if (missing.length === 0) continue
    await holdEnds(tx, task.account_id)
    await holdGraph(tx, task.account_id, 'exclusive') // a failure of the same batch would want it so
    await recoverInputs(tx, task, missing)
  }
}

/** The derivation still waits for just this: its agent goes on where it was. */
async function resumed(tx: Tx, task: TaskRow): Promise<boolean> {
  const derivation = await lockDerivation(tx, Number(task.subject))
  if (derivation === undefined || derivation.attempt !== task.attempt || derivation.status !== 'Waiting') return false
  await setStatus(tx, [derivation.id], 'Building', sql`, started_at = ${task.started_at ?? new Date()}`)
  await announceBuilds(tx, task.account_id, [derivation.id])
  return true
}

/** The messages that start builds, with the output paths of their inputs (hercules-ci.md 4.5.5). */
async function render(key: Buffer, db: Reads, tasks: TaskRow[]): Promise<Map<string, ServerPayload>> {
  const { rows } = await sql<{ id: string; path: string; inputs: string[] }>`
    select d.id::text, d.path, array(
      select o.path from derivation_input i cross join lateral (
        select path from derivation_output where derivation_id = i.input_id and name = any(i.outputs) offset 0) o
      where i.derivation_id = d.id and o.path is not null order by o.path) as inputs
    from derivation d where d.id = any(${tasks.map((task) => task.subject)}::bigint[])`.execute(db)
  const derivations = new Map(rows.map((row) => [row.id, row]))
  return new Map(
    tasks.flatMap((task) => {
      const derivation = derivations.get(task.subject)
      if (derivation === undefined) return []
      const contents = {
        id: task.id,
        derivationPath: DrvPath.parse(derivation.path),
        logToken: makeTaskToken(key, 'log', task.id),
        inputDerivationOutputPaths: derivation.inputs.map((path) => StorePath.parse(path)),
      }
      return [[task.id, { tag: 'StartBuild', contents }]]
    }),
  )
}

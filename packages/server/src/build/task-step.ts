import { DrvPath, StorePath } from '@firn/contract/ids'
import { decideRetry } from '@firn/core/build/retry'
import { sql } from 'kysely'
import { makeTaskToken } from '../catalog/token.ts'
import type { Reads, Tx } from '../db/connect.ts'
import { enqueueTasks } from '../dispatch/enqueue.ts'
import type { TaskEnding, TaskRow, TaskStep } from '../dispatch/task.ts'
import { asUrgency } from '../dispatch/urgency.ts'
import { announce } from '../outbox/announce.ts'
import { settleAttributes } from './attributes.ts'
import { inputsAt } from './inputs-at.ts'
import { blockWithDependents, considerWaiting } from './plan-builds.ts'
import {
  allWaitingDependents,
  holdEnds,
  holdGraph,
  jobsOf,
  lockDerivation,
  pathsOf,
  setStatus,
  waitingDependents,
} from './store.ts'
import { waitForInputs } from './wait-for-inputs.ts'

/** What becomes of a build task. */
export function buildStep({ key }: { key: Buffer }): TaskStep {
  return { render: (db, task) => render(key, db, task), inputsAt, started, resumed, ended }
}

async function started(tx: Tx, task: TaskRow): Promise<void> {
  const id = Number(task.subject)
  await setStatus(tx, [id], 'Building', sql`, started_at = now()`)
  await announceBuilds(tx, task.account_id, [id])
}

/** The derivation still waits for just this: its agent goes on where it was. */
async function resumed(tx: Tx, task: TaskRow): Promise<boolean> {
  const derivation = await lockDerivation(tx, Number(task.subject))
  if (derivation === undefined || derivation.attempt !== task.attempt || derivation.status !== 'Waiting') return false
  await setStatus(tx, [derivation.id], 'Building', sql`, started_at = ${task.started_at ?? new Date()}`)
  await announceBuilds(tx, task.account_id, [derivation.id])
  return true
}

async function ended(tx: Tx, task: TaskRow, ending: TaskEnding): Promise<void> {
  await holdGraph(tx, task.account_id, ending.how === 'succeeded' ? 'shared' : 'exclusive')
  await holdEnds(tx, task.account_id)
  const derivation = await lockDerivation(tx, Number(task.subject))
  if (derivation === undefined || derivation.attempt !== task.attempt) return
  const { id } = derivation
  if (ending.how === 'succeeded') return settleBuild(tx, task.account_id, id, { status: 'BuildSuccess', error: null })
  if (ending.how === 'failed') return settleBuild(tx, task.account_id, id, { status: 'BuildFailure', error: null })

  const waiting = await waitForInputs(tx, task.account_id, id)
  if (waiting !== undefined) return announceBuilds(tx, task.account_id, waiting)

  const clean = ending.how === 'lost' && ending.clean
  const retry = clean ? { again: true as const, afterMs: 0 } : decideRetry(ending.how, task.tries, ending.detail)
  if (!retry.again) return settleBuild(tx, task.account_id, id, { status: 'BuildFailure', error: retry.because })
  await setStatus(tx, [id], 'Waiting')
  await enqueueTasks(tx, [
    {
      accountId: task.account_id,
      kind: 'build',
      platform: task.platform,
      requiredFeatures: task.required_features,
      subject: task.subject,
      projectId: task.project_id,
      urgency: asUrgency(task.urgency),
      rank: task.rank,
      attempt: task.attempt,
      tries: clean ? task.tries : task.tries + 1,
      afterMs: retry.afterMs,
    },
  ])
  await announceBuilds(tx, task.account_id, [id])
}

/** A derivation's build has ended for good: those that waited for it are built or blocked. */
async function settleBuild(
  tx: Tx,
  accountId: string,
  id: number,
  { status, error }: { status: 'BuildSuccess' | 'BuildFailure'; error: string | null },
): Promise<void> {
  await setStatus(tx, [id], status, sql`, technical_error = ${error}, has_task = false, ended_at = now()`)
  await settleAttributes(tx, [id])
  const changed =
    status === 'BuildSuccess'
      ? (await considerWaiting(tx, accountId, await waitingDependents(tx, [id]))).blocked
      : await blockDependents(tx, id)
  await announceBuilds(tx, accountId, [id, ...changed])
}

async function blockDependents(tx: Tx, id: number): Promise<number[]> {
  const blocked = await allWaitingDependents(tx, [id])
  return blocked.length > 0 ? blockWithDependents(tx, blocked) : []
}

const namedMax = 100

/** Says which derivations changed, and the jobs that they concern. */
export async function announceBuilds(tx: Tx, accountId: string, ids: number[]): Promise<void> {
  const derivations = ids.length > namedMax ? [] : await pathsOf(tx, ids)
  await announce(tx, { kind: 'builds.changed', accountId, jobIds: await jobsOf(tx, ids), derivations })
}

/** The message that starts it, with the output paths of its inputs (hercules-ci.md 4.5.5). */
async function render(key: Buffer, db: Reads, task: TaskRow) {
  const id = Number(task.subject)
  const derivation = await db.selectFrom('derivation').select('path').where('id', '=', id).executeTakeFirst()
  if (derivation === undefined) return undefined
  const { rows } = await sql<{ path: string }>`
    select o.path from derivation_input i join derivation_output o
      on o.derivation_id = i.input_id and o.name = any(i.outputs)
    where i.derivation_id = ${id} and o.path is not null order by o.path`.execute(db)
  return {
    tag: 'StartBuild' as const,
    contents: {
      id: task.id,
      derivationPath: DrvPath.parse(derivation.path),
      logToken: makeTaskToken(key, 'log', task.id),
      inputDerivationOutputPaths: rows.map((row) => StorePath.parse(row.path)),
    },
  }
}

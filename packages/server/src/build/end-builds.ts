/** What becomes of derivations whose build tasks have ended: as many as ended together, in few statements. */
import { decideRetry } from '@firn/core/build/retry'
import { sql } from 'kysely'
import type { Tx } from '../db/connect.ts'
import { unread } from '../db/unread.ts'
import { enqueueTasks } from '../dispatch/enqueue.ts'
import type { EndedTask, TaskRow } from '../dispatch/task.ts'
import { asUrgency } from '../dispatch/urgency.ts'
import { announceBuilds } from './announce-builds.ts'
import { settleAttributes } from './attributes.ts'
import { blockWithDependents, freeDependents } from './plan-builds.ts'
import { allWaitingDependents, attemptsOf, holdEnds, holdGraph, setStatus } from './store.ts'
import { waitForInputs } from './wait-for-inputs.ts'

type Verdict =
  | { is: 'built'; id: number; ago: number | null }
  | { is: 'failed'; id: number; error: string | null; ago: number | null }
  | { is: 'again'; id: number; task: TaskRow; tries: number; afterMs: number }

export async function endBuilds(tx: Tx, ended: EndedTask[]): Promise<void> {
  for (const [accountId, own] of Map.groupBy(ended, ({ task }) => task.account_id))
    await endOfAccount(tx, accountId, own)
}

async function endOfAccount(tx: Tx, accountId: string, ended: EndedTask[]): Promise<void> {
  const allBuilt = ended.every(({ ending }) => ending.how === 'succeeded')
  await holdEnds(tx, accountId)
  await holdGraph(tx, accountId, allBuilt ? 'shared' : 'exclusive')
  const attempts = await attemptsOf(
    tx,
    ended.map(({ task }) => Number(task.subject)),
  )
  const current = ended.filter(({ task }) => attempts.get(Number(task.subject)) === task.attempt)
  if (current.length === 0) return
  const waiting: number[][] = []
  const verdicts: Verdict[] = []
  for (const one of current) {
    const forInputs = cameToNothing(one) && (await waitForInputs(tx, accountId, Number(one.task.subject)))
    if (forInputs) waiting.push(forInputs)
    else verdicts.push(verdictOf(one))
  }
  const only = <Is extends Verdict['is']>(is: Is) =>
    verdicts.filter((verdict): verdict is Extract<Verdict, { is: Is }> => verdict.is === is)
  // Failures first: what needs both a built and a failed one is blocked, and never queued.
  const blocked = [...(await settleFailed(tx, only('failed'))), ...(await settleBuilt(tx, accountId, only('built')))]
  await queueAgain(tx, only('again'))
  const changed = [...waiting.flat(), ...verdicts.map(({ id }) => id), ...blocked]
  await announceBuilds(tx, accountId, [...new Set(changed)])
}

const cameToNothing = ({ ending }: EndedTask) => ending.how !== 'succeeded' && ending.how !== 'failed'

function verdictOf({ task, ending, began }: EndedTask): Verdict {
  const id = Number(task.subject)
  const ago = began?.agoMs ?? null
  if (ending.how === 'succeeded') return { is: 'built', id, ago }
  if (ending.how === 'failed') return { is: 'failed', id, error: null, ago }
  if (ending.how === 'declined' || (ending.how === 'lost' && ending.clean))
    return { is: 'again', id, task, tries: task.tries, afterMs: 0 }
  const retry = decideRetry(ending.how, task.tries, ending.detail)
  return retry.again
    ? { is: 'again', id, task, tries: task.tries + 1, afterMs: retry.afterMs }
    : { is: 'failed', id, error: retry.because, ago }
}

/** Where the begin is told with the end; `x.ago` is in ms. */
const begun = sql`started_at = coalesce(now() - make_interval(secs => x.ago / 1000), d.started_at)`

/** What waited for them is queued where nothing else is missing. @returns what is found to be blocked by another */
async function settleBuilt(tx: Tx, accountId: string, built: { id: number; ago: number | null }[]): Promise<number[]> {
  if (built.length === 0) return []
  const ids = built.map(({ id }) => id)
  await unread(
    tx,
    sql`
    update derivation d set status = 'BuildSuccess', technical_error = null, has_task = false, ended_at = now(), ${begun}
    from unnest(${ids}::bigint[], ${built.map(({ ago }) => ago)}::float8[]) as x (id, ago) where d.id = x.id`,
  )
  await settleAttributes(tx, ids)
  return await freeDependents(tx, accountId, ids)
}

/** @returns what is blocked by them, however indirectly */
async function settleFailed(
  tx: Tx,
  failed: { id: number; error: string | null; ago: number | null }[],
): Promise<number[]> {
  if (failed.length === 0) return []
  const ids = failed.map(({ id }) => id)
  await unread(
    tx,
    sql`
    update derivation d set status = 'BuildFailure', technical_error = x.error, has_task = false, ended_at = now(), ${begun}
    from jsonb_to_recordset(${JSON.stringify(failed)}::jsonb) as x (id bigint, error text, ago float8) where d.id = x.id`,
  )
  await settleAttributes(tx, ids)
  const waiting = await allWaitingDependents(tx, ids)
  return waiting.length > 0 ? blockWithDependents(tx, waiting) : []
}

async function queueAgain(tx: Tx, again: Extract<Verdict, { is: 'again' }>[]): Promise<void> {
  if (again.length === 0) return
  await setStatus(
    tx,
    again.map(({ id }) => id),
    'Waiting',
  )
  await enqueueTasks(
    tx,
    again.map(({ task, tries, afterMs }) => ({
      accountId: task.account_id,
      kind: 'build' as const,
      platform: task.platform,
      requiredFeatures: task.required_features,
      subject: task.subject,
      projectId: task.project_id,
      urgency: asUrgency(task.urgency),
      rank: task.rank,
      attempt: task.attempt,
      tries,
      afterMs,
    })),
  )
}

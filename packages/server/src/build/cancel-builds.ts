import { type RawBuilder, sql } from 'kysely'
import type { Tx } from '../db/connect.ts'
import { transact } from '../db/transact.ts'
import { cancelTasks, cancelTopic } from '../dispatch/cancel-tasks.ts'
import type { EndNeeds } from '../dispatch/end-task.ts'
import { dispatchTopic } from '../dispatch/enqueue.ts'
import type { TaskSteps } from '../dispatch/task.ts'
import { outboxTopic } from '../outbox/relay.ts'
import { announceBuilds } from './announce-builds.ts'
import { settleAttributes } from './attributes.ts'
import { blockWithDependents } from './plan-builds.ts'
import { allWaitingDependents, holdGraph, lockDerivation, setStatus } from './store.ts'

/**
 * Cancels one build, for all jobs that wait for it (hercules-ci.md 2.5.6). It is built when somebody asks for it again: a retry,
 * a rerun, another evaluation.
 * @returns false: it neither waits nor builds
 */
export async function cancelBuild(
  { db, nudges, steps }: EndNeeds,
  row: { id: number; account_id: string },
  by: string,
): Promise<boolean> {
  const cancelled = await transact(db, async (tx) => {
    await holdTasks(tx, sql`${String(row.id)}`)
    await holdGraph(tx, row.account_id, 'exclusive')
    const derivation = await lockDerivation(tx, row.id)
    if (derivation?.status !== 'Waiting' && derivation?.status !== 'Building') return false
    await markCancelled({ tx, steps }, [row.id], `Cancelled by ${by}.`)
    const dependents = await allWaitingDependents(tx, [row.id])
    const blocked = dependents.length > 0 ? await blockWithDependents(tx, dependents) : []
    await announceBuilds(tx, row.account_id, [row.id, ...blocked])
    return true
  })
  nudges.send(outboxTopic)
  nudges.send(cancelTopic)
  nudges.send(dispatchTopic)
  return cancelled
}

/**
 * Cancels the builds that only this job wants (hercules-ci.md 2.5.7): not what another unfinished job asked for, nor
 * what something outside still needs. The job is not among the unfinished any more.
 */
export async function cancelBuildsOfJob(
  { tx, steps }: { tx: Tx; steps: TaskSteps },
  job: { id: string; account_id: string },
  because: string,
): Promise<void> {
  await holdTasks(tx, sql`select derivation_id::text from job_derivation where job_id = ${job.id}`)
  await holdGraph(tx, job.account_id, 'exclusive')
  const ids = await wantedByNobodyElse(tx, job.id)
  if (ids.length === 0) return
  await markCancelled({ tx, steps }, ids, because)
  await announceBuilds(tx, job.account_id, ids)
}

/** Tasks before the graph, as whoever ends one takes them. */
async function holdTasks(tx: Tx, subjects: RawBuilder<unknown>): Promise<void> {
  await sql`select from task where kind = 'build' and state <> 'ended' and subject in (${subjects})
    order by id for update`.execute(tx)
}

async function wantedByNobodyElse(tx: Tx, jobId: string): Promise<number[]> {
  const { rows } = await sql<{ id: number }>`
    with recursive own as (
      select d.id from job_derivation j join derivation d on d.id = j.derivation_id
      where j.job_id = ${jobId} and d.status in ('Waiting', 'Building')
    ), kept as (
      select id from own where exists (
          select from job_derivation o join job on job.id = o.job_id
          where o.derivation_id = own.id and o.job_id <> ${jobId} and not job.is_cancelled
            and (job.phase <> 'Done' or exists (
              select from attribute a where a.job_id = job.id and a.outcome = 'Pending')))
        or exists (
          select from derivation_input i join derivation u on u.id = i.derivation_id
          where i.input_id = own.id and u.status = 'Waiting' and u.id not in (select id from own))
      union
      select own.id from kept join derivation_input i on i.derivation_id = kept.id join own on own.id = i.input_id
    )
    select id from derivation where id in (select id from own except select id from kept) order by id for update`.execute(
    tx,
  )
  return rows.map((row) => row.id)
}

async function markCancelled(
  { tx, steps }: { tx: Tx; steps: TaskSteps },
  ids: number[],
  because: string,
): Promise<void> {
  await setStatus(tx, ids, 'Cancelled', sql`, has_task = false, ended_at = now()`)
  await cancelTasks({ tx, steps }, { kind: 'build', subjects: ids.map(String), because })
  await settleAttributes(tx, ids)
}

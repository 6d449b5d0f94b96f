import { pages } from '@firn/contract/paths'
import { cancelBuildsOfJob } from '../build/cancel-builds.ts'
import type { Person } from '../catalog/people.ts'
import type { Tx } from '../db/connect.ts'
import { transact } from '../db/transact.ts'
import { cancelTopic } from '../dispatch/cancel-tasks.ts'
import type { EndNeeds } from '../dispatch/end-task.ts'
import { dispatchTopic } from '../dispatch/enqueue.ts'
import type { TaskSteps } from '../dispatch/task.ts'
import { cancelEvaluation } from '../evaluation/cancel-evaluation.ts'
import { announce } from '../outbox/announce.ts'
import { outboxTopic } from '../outbox/relay.ts'
import { foldStored } from './fold-job.ts'
import { type JobWithAddress, lockJob } from './store.ts'

/**
 * Cancels a job, and the work that no other job needs (hercules-ci.md 2.5.7).
 * @returns false: it is done already
 */
export async function cancelJob({ db, nudges, steps }: EndNeeds, job: JobWithAddress, by: Person): Promise<boolean> {
  const cancelled = await transact(db, (tx) =>
    endJob({ tx, steps }, job, { cancelled_by: by.id, because: `Cancelled by ${by.name}.` }),
  )
  nudges.send(outboxTopic)
  nudges.send(cancelTopic)
  nudges.send(dispatchTopic)
  return cancelled
}

/**
 * A newer push of the same branch makes an unfinished job pointless. Both are of one project.
 * @param keepBuilds until it is known what the newer push needs
 */
export function supersedeJob(
  needs: { tx: Tx; steps: TaskSteps },
  job: JobWithAddress,
  by: { id: string; index: number },
  { keepBuilds = false }: { keepBuilds?: boolean } = {},
): Promise<boolean> {
  return endJob(needs, job, { superseded_by: by.id, because: whySuperseded(job, by), keepBuilds })
}

export const whySuperseded = (job: JobWithAddress, by: { index: number }) =>
  `Superseded by ${pages.job(job, by.index)}.`

type Ending = { cancelled_by?: string; superseded_by?: string; because: string; keepBuilds?: boolean }

async function endJob(
  { tx, steps }: { tx: Tx; steps: TaskSteps },
  { id, account_id }: JobWithAddress,
  { because, keepBuilds = false, ...who }: Ending,
): Promise<boolean> {
  const moved = await foldStored(tx, id) // what is stored may lag behind
  if (moved !== undefined) await announce(tx, { kind: 'job.changed', projectId: moved, jobId: id })
  const job = await lockJob(tx, id)
  if (job === undefined || job.phase === 'Done') return false
  await cancelEvaluation({ tx, steps }, id, because)
  await tx
    .updateTable('job')
    .set({ is_cancelled: true, ...who })
    .where('id', '=', id)
    .execute()
  await foldStored(tx, id)
  if (!keepBuilds) await cancelBuildsOfJob({ tx, steps }, { id, account_id }, because)
  await announce(tx, { kind: 'job.changed', projectId: job.project_id, jobId: id })
  return true
}

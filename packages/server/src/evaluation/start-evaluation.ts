import { EvaluationChoices } from '@firn/contract/api/project'
import { type Urgency, urgency } from '@firn/core/queue/match'
import { newId } from '../catalog/ids.ts'
import { findProject, showSettings } from '../catalog/projects.ts'
import { found } from '../catalog/routes.ts'
import type { Tx } from '../db/connect.ts'
import { enqueueTasks } from '../dispatch/enqueue.ts'
import { reuseEvaluation } from './reuse.ts'
import { updateEvaluation } from './store.ts'

export type NewEvaluation = {
  jobId: string
  projectId: string
  accountId: string
  urgency: Urgency
  /** Somebody asked for it to be done again. */
  isRerun: boolean
}

/** Begins the evaluation of a new job: by an earlier one's findings where they are the same, else by an agent. */
export async function startEvaluation(tx: Tx, { isRerun, ...job }: NewEvaluation): Promise<void> {
  const settings = EvaluationChoices.parse(showSettings(found(await findProject(tx, job.projectId), 'project')))
  await tx
    .insertInto('evaluation')
    .values({ id: newId(), job_id: job.jobId, settings: JSON.stringify(settings) })
    .execute()
  if (!isRerun && (await reuseEvaluation(tx, job)) !== undefined) return
  const taskId = await queueTask(tx, { ...job, tries: 0, afterMs: 0 })
  await updateEvaluation(tx, job.jobId).set({ task_id: taskId }).execute()
}

type Queued = Omit<NewEvaluation, 'isRerun'> & { tries: number; afterMs: number }

export async function queueTask(tx: Tx, { jobId, ...more }: Queued): Promise<string> {
  const [taskId] = await enqueueTasks(tx, [
    { kind: 'evaluate', platform: 'x86_64-linux', requiredFeatures: [], subject: jobId, ...more },
  ])
  if (taskId === undefined) throw new Error('the evaluation was not queued')
  return taskId
}

/** How urgent what a job asks for is. */
export function urgencyOf(job: { is_bumped: boolean }): Urgency {
  return job.is_bumped ? urgency.bumped : urgency.ordinary
}

import { foldJob } from '@firn/core/job/fold'
import { readAttributeFacts } from '../build/read-facts.ts'
import type { Db, Tx } from '../db/connect.ts'
import { now } from '../db/now.ts'
import type { Nudges } from '../db/nudges.ts'
import { transact } from '../db/transact.ts'
import { readEvaluation } from '../evaluation/read-evaluation.ts'
import { announce } from '../outbox/announce.ts'
import { outboxTopic } from '../outbox/relay.ts'
import { lockJob } from './store.ts'

/** Brings the stored state of a job in line with what is known of its evaluation and builds. */
export async function updateJob({ db, nudges }: { db: Db; nudges: Nudges }, jobId: string): Promise<void> {
  const changed = await transact(db, async (tx) => {
    const projectId = await foldStored(tx, jobId)
    if (projectId !== undefined) await announce(tx, { kind: 'job.changed', projectId, jobId })
    return projectId !== undefined
  })
  if (changed) nudges.send(outboxTopic)
}

/** The same in the caller's transaction, who announces it. @returns its project, if anything changed */
export async function foldStored(tx: Tx, jobId: string): Promise<string | undefined> {
  const job = await lockJob(tx, jobId)
  const evaluation = await readEvaluation(tx, jobId)
  if (job === undefined || evaluation === undefined) return undefined
  const attributes = await readAttributeFacts(tx, jobId)
  const { state: stage, problems } = evaluation
  const state = foldJob({ evaluation: stage, problems, attributes, isCancelled: job.is_cancelled })
  // Attributes without a configuration: the commit has none (hercules-ci.md 1.4.8).
  const type = job.type === 'Config' && attributes.any && !evaluation.has_config ? 'Legacy' : job.type
  const same =
    type === job.type &&
    state.phase === job.phase &&
    state.status === job.status &&
    state.evaluationStatus === job.evaluation_status &&
    state.derivationStatus === job.derivation_status
  if (same) return undefined
  await tx
    .updateTable('job')
    .set({
      type,
      phase: state.phase,
      status: state.status,
      evaluation_status: state.evaluationStatus,
      derivation_status: state.derivationStatus,
      effects_status: state.effectsStatus,
      ended_at: state.phase === 'Done' ? (job.ended_at ?? now) : null,
    })
    .where('id', '=', jobId)
    .execute()
  return job.project_id
}

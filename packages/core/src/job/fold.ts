import type { JobPhase, JobStatus } from '@firn/contract/api/job'
import { combine } from './outcome.ts'

/** What is known of a job. */
export type JobFacts = {
  evaluation: 'queued' | 'running' | 'succeeded' | 'failed' | 'cancelled'
  /** Attributes that failed to evaluate and messages of type Error: each fails the evaluation (hercules-ci.md 1.9.3). */
  problems: number
  /** Attributes with a derivation, by what they say about the job. */
  attributes: { pending: number; failed: number }
  isCancelled: boolean
}

export type JobState = {
  phase: JobPhase
  status: JobStatus
  evaluationStatus: JobStatus
  derivationStatus: JobStatus
  effectsStatus: JobStatus
}

/**
 * A job's state from its facts (hercules-ci.md 2.2.1–2.2.5):
 *
 *   Queued ─► Evaluating ─► Building ─► (Effects) ─► Done
 *
 * Attributes that evaluated are built even where others failed to (2.2.4). This version lists effects and does not
 * run them, so a job is done when its builds are.
 */
export function foldJob({ evaluation, problems, attributes, isCancelled }: JobFacts): JobState {
  const evaluated = evaluation !== 'queued' && evaluation !== 'running'
  const evaluationStatus =
    problems > 0 || evaluation === 'failed' || evaluation === 'cancelled'
      ? 'Failure'
      : evaluated
        ? 'Success'
        : 'Pending'
  const built = attributes.failed > 0 ? 'Failure' : attributes.pending > 0 || !evaluated ? 'Pending' : 'Success'
  const over = isCancelled || (evaluated && attributes.pending === 0)
  return {
    phase: over ? 'Done' : phaseOf(evaluation),
    status: isCancelled ? 'Failure' : combine([evaluationStatus, built]),
    evaluationStatus,
    derivationStatus: built,
    effectsStatus: over ? 'Success' : 'Pending',
  }
}

function phaseOf(evaluation: JobFacts['evaluation']): JobPhase {
  if (evaluation === 'queued') return 'Queued'
  return evaluation === 'running' ? 'Evaluating' : 'Building'
}

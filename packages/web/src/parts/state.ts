import type { DerivationStatus } from '@firn/contract/api/derivation'
import type { AttributeState } from '@firn/contract/api/evaluation'
import type { Job } from '@firn/contract/api/job'

/** How a thing stands, for the eye: each has a shape, a word and a colour (see StateMark). */
export type State =
  | 'succeeded'
  | 'failed'
  | 'failing'
  | 'running'
  | 'waiting'
  | 'cancelled'
  | 'broken'
  | 'blocked'
  | 'ignored'
  | 'not run'

/** A job that is not done never reads as finished, even when it is sure to fail. */
export function jobState(job: Pick<Job, 'isCancelled' | 'jobStatus' | 'jobPhase' | 'counts'>): State {
  if (job.isCancelled) return 'cancelled'
  if (job.jobPhase === 'Done') return job.jobStatus === 'Failure' ? 'failed' : 'succeeded'
  if (job.jobStatus === 'Failure') return 'failing'
  if (job.jobPhase === 'Queued') return 'waiting'
  return job.jobPhase === 'Building' && job.counts.building === 0 && job.counts.waiting > 0 ? 'waiting' : 'running'
}

const attributeStates: Record<AttributeState, State> = {
  Succeeded: 'succeeded',
  Failed: 'failed',
  Blocked: 'blocked',
  Running: 'running',
  Waiting: 'waiting',
  Cancelled: 'cancelled',
  Error: 'failed',
  Ignored: 'ignored',
  NotRun: 'not run',
}

export const attributeState = (state: AttributeState) => attributeStates[state]

/** What the filter and the rows call an attribute's state. */
export const attributeWord = (state: AttributeState): string =>
  state === 'Error' ? 'evaluation error' : state === 'Ignored' ? 'failed, ignored' : attributeStates[state]

const derivationStates: Record<DerivationStatus, State> = {
  NotPlanned: 'not run',
  Waiting: 'waiting',
  Building: 'running',
  BuildFailure: 'failed',
  DependencyFailure: 'blocked',
  BuildSuccess: 'succeeded',
  Cancelled: 'cancelled',
}

export const derivationState = (status: DerivationStatus) => derivationStates[status]

/** What a visitor should look at first, least first. */
const urgency: Record<State, number> = {
  failed: 0,
  failing: 0,
  broken: 1,
  running: 2,
  waiting: 3,
  blocked: 4,
  cancelled: 5,
  'not run': 6,
  ignored: 6,
  succeeded: 7,
}

export const byUrgency = (a: State, b: State) => urgency[a] - urgency[b]
export const isUnderWay = (state: State) => state === 'running' || state === 'failing'

import type { AttributeType } from '@firn/contract/agent/evaluate-event'
import type { DerivationStatus } from '@firn/contract/api/derivation'
import type { AttributeState } from '@firn/contract/api/evaluation'
import type { JobStatus } from '@firn/contract/api/job'

/** How an attribute stands, in one word: its derivation's status seen through its mark (`AttributeState`). */
export function attributeState(type: AttributeType, status: DerivationStatus, outcome: JobStatus): AttributeState {
  switch (type) {
    case 'Effect':
    case 'DependenciesOnly':
      return outcome === 'Success' ? (type === 'Effect' ? 'NotRun' : 'Succeeded') : throughInputs(outcome)
    case 'MayFail':
      return status === 'BuildFailure' || status === 'DependencyFailure' ? 'Ignored' : words[status]
    case 'MustFail':
      if (status === 'BuildFailure') return 'Succeeded'
      return status === 'BuildSuccess' ? 'Failed' : words[status]
    case 'Regular':
      return words[status]
  }
}

function throughInputs(outcome: 'Failure' | 'Pending'): AttributeState {
  return outcome === 'Failure' ? 'Blocked' : 'Waiting'
}

const words: Record<DerivationStatus, AttributeState> = {
  NotPlanned: 'Waiting',
  Waiting: 'Waiting',
  Building: 'Running',
  BuildFailure: 'Failed',
  DependencyFailure: 'Blocked',
  BuildSuccess: 'Succeeded',
  Cancelled: 'Cancelled',
}

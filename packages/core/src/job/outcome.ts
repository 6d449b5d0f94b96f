import type { AttributeType } from '@firn/contract/agent/evaluate-event'
import type { DerivationStatus } from '@firn/contract/api/derivation'
import type { JobStatus } from '@firn/contract/api/job'

/** Failure over Pending over Success; of nothing, Success (hercules-ci.md 2.2.2). */
export function combine(statuses: Iterable<JobStatus>): JobStatus {
  let result: JobStatus = 'Success'
  for (const status of statuses) {
    if (status === 'Failure') return 'Failure'
    if (status === 'Pending') result = 'Pending'
  }
  return result
}

/**
 * What a derivation's state says about the job, seen through the attribute's mark (hercules-ci.md 2.2.6):
 * MayFail never counts against the job once it has ended; MustFail is met by the failure of the derivation itself only.
 * @param inputs states of the direct inputs, which are all that counts for DependenciesOnly and Effect (1.8.10)
 */
export function attributeOutcome(
  type: AttributeType,
  derivation: DerivationStatus,
  inputs: readonly DerivationStatus[],
): JobStatus {
  switch (type) {
    case 'DependenciesOnly':
    case 'Effect':
      return combine(inputs.map(plain))
    case 'Regular':
      return plain(derivation)
    case 'MayFail':
      return plain(derivation) === 'Pending' ? 'Pending' : 'Success'
    case 'MustFail':
      return mustFail(derivation)
  }
}

function plain(status: DerivationStatus): JobStatus {
  switch (status) {
    case 'BuildSuccess':
      return 'Success'
    case 'BuildFailure':
    case 'DependencyFailure':
    case 'Cancelled':
      return 'Failure'
    case 'NotPlanned':
    case 'Waiting':
    case 'Building':
      return 'Pending'
  }
}

function mustFail(status: DerivationStatus): JobStatus {
  if (status === 'BuildFailure') return 'Success'
  return status === 'BuildSuccess' ? 'Failure' : plain(status)
}

/** Which mark a job or a derivation gets. */
import type { DerivationDetail } from '@firn/contract/api/derivation'
import type { Job } from '@firn/contract/api/job'
import type { Shape } from './results.ts'

export function shapeOfJob({
  jobPhase,
  jobStatus,
  isCancelled,
}: Pick<Job, 'jobPhase' | 'jobStatus' | 'isCancelled'>): Shape {
  if (isCancelled) return 'Cancelled'
  if (jobPhase !== 'Done') return jobPhase === 'Queued' ? 'Waiting' : 'Running'
  return jobStatus === 'Success' ? 'Succeeded' : 'Failed'
}

const shapes: Record<DerivationDetail['status'], Shape> = {
  NotPlanned: 'NotRun',
  Waiting: 'Waiting',
  Building: 'Running',
  BuildFailure: 'Failed',
  DependencyFailure: 'Blocked',
  BuildSuccess: 'Succeeded',
  Cancelled: 'Cancelled',
}

export function shapeOfBuild({ status, events }: Pick<DerivationDetail, 'status' | 'events'>): Shape {
  const last = events.at(-1)?.findLast((event) => 'Failed' in event)
  const isBroken =
    status === 'BuildFailure' && last !== undefined && 'Failed' in last && last.Failed.technicalError !== null
  return isBroken ? 'Broken' : shapes[status]
}

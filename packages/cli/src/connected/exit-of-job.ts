import type { JobOverview } from '@firn/contract/api/overview'
import type { Client } from '../client.ts'
import { exitStatus } from './with-server.ts'

type Overview = Pick<JobOverview, 'job' | 'errorsTotal' | 'failures' | 'failuresTotal' | 'messages'>

/** 0: green, or not known yet; 1: red; 2: red for no reason but ours. */
export async function exitOfJob(client: Client, overview: Overview): Promise<number> {
  if (overview.job.jobStatus !== 'Failure') return exitStatus.green
  if (!isNothingOfTheUsers(overview)) return exitStatus.red
  // What was built and must fail is no failure of the list.
  const failed = await client.firn.attributes({ id: overview.job.id, state: 'Failed', limit: 500 })
  const broken = new Set(overview.failures.map(({ derivationPath }) => derivationPath))
  const allBroken = failed.items.every(({ derivationPath }) => derivationPath !== null && broken.has(derivationPath))
  return allBroken && failed.items.length === failed.total ? exitStatus.broken : exitStatus.red
}

/** Whether every cause that is told for a red job is Firn's: builds that broke, an evaluation that ended early. */
export function isNothingOfTheUsers({ job, errorsTotal, failures, failuresTotal, messages }: Overview): boolean {
  if (job.isCancelled || errorsTotal > 0 || messages.some(({ typ }) => typ === 'Error')) return false
  if (failuresTotal > failures.length) return false
  const endedEarly = job.evaluationStatus === 'Failure'
  return (endedEarly || failures.length > 0) && failures.every(({ technicalError }) => technicalError !== null)
}

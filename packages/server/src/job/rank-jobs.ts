import { learnDurations } from '../build/durations.ts'
import { rankBuilds } from '../build/rank-builds.ts'
import type { Db } from '../db/connect.ts'
import type { Listeners } from '../outbox/relay.ts'
import { jobs } from './store.ts'

/**
 * Who keeps the order of builds: ranks them while an evaluation goes on, each time that four times as many batches have come as
 * at the time before, so that it costs less than ranking once more; when it has ended; and learns from a job that is done.
 */
export function rankJobs(db: Db): Listeners {
  const batches = new Map<string, number>()
  const find = (id: string) => jobs(db).where('job.id', '=', id).executeTakeFirst()
  return {
    'attributes.added': [
      async ({ jobId }) => {
        const heard = (batches.get(jobId) ?? 0) + 1
        batches.set(jobId, heard)
        if (!isPowerOfFour(heard) || heard < firstBatches) return
        const job = await find(jobId)
        if (job) await rankBuilds(db, job)
      },
    ],
    'evaluation.ended': [
      async ({ jobId }) => {
        batches.delete(jobId)
        const job = await find(jobId)
        if (job) await rankBuilds(db, job)
      },
    ],
    'job.changed': [
      async ({ jobId }) => {
        const job = await find(jobId)
        if (job?.phase === 'Done') await learnDurations(db, job)
      },
    ],
  }
}

/** A small evaluation has ended before an order of its parts would matter. */
const firstBatches = 4

const isPowerOfFour = (n: number) => Number.isInteger(Math.log2(n) / 2)

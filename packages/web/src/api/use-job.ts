import type { Job } from '@firn/contract/api/job'
import { ORPCError } from '@orpc/client'
import { useSuspenseQuery } from '@tanstack/react-query'
import { api } from './client.ts'

/** The job at an address: the published API finds jobs by number only in lists (hercules-ci.md 5.2.4). */
export function useJobAt(at: { site: string; account: string; project: string }, index: string): Job {
  const number = /^\d{1,9}$/.test(index) ? Number(index) : -1
  const list = useSuspenseQuery({
    ...api.jobs.list.queryOptions({ input: { ...at, index: number, latest: 1 } }),
    // Which job has the number never changes; how it stands is told by its overview.
    queryKey: ['job at', at, number],
    staleTime: Number.POSITIVE_INFINITY,
  }).data
  const job = list.flatMap((it) => it.jobs).find((it) => it.index === number)
  if (!job) throw new ORPCError('NOT_FOUND', { status: 404, message: `${at.project} has no job ${index}.` })
  return job
}

import { useSuspenseInfiniteQuery } from '@tanstack/react-query'
import { api } from './client.ts'

const pageSize = 50

/** A project's jobs, newest first, of one ref or of all; more pages as they are asked for. */
export function useProjectJobs(id: string, ref: string | undefined) {
  return useSuspenseInfiniteQuery(
    api.projects.jobs.infiniteOptions({
      input: (offsetIndex: number | undefined) => ({
        id,
        limit: pageSize,
        ...(ref !== undefined && { ref }),
        ...(offsetIndex !== undefined && { offsetIndex }),
      }),
      initialPageParam: undefined,
      getNextPageParam: (last) => (last.more ? last.items.at(-1)?.index : undefined),
    }),
  )
}

import { useInfiniteQuery } from '@tanstack/react-query'
import { useEffect } from 'react'
import { client } from './client.ts'
import { wordRefusal } from './refusal.ts'

/** The search goes on by itself until so many builds are found; further only when asked to. */
const buildsAtOnce = 50

/** Searches the logs of a job's builds, an answer after the other; what is found stands in the order it came. */
export function useJobSearch(id: string, q: string) {
  const query = useInfiniteQuery({
    queryKey: ['search of logs', id, q],
    queryFn: ({ pageParam, signal }) =>
      client.firn.searchLogs({ id, q, ...(pageParam === '' ? {} : { after: pageParam }) }, { signal }),
    initialPageParam: '',
    getNextPageParam: (last) => last.next ?? undefined,
    staleTime: 0,
    refetchOnWindowFocus: false,
  })
  const answers = query.data?.pages ?? []
  const builds = answers.flatMap((it) => it.builds)
  const isFull = builds.length >= buildsAtOnce && (answers.at(-1)?.builds.length ?? 0) > 0
  const goesOn = query.hasNextPage && !query.isFetching && !query.isError && !isFull
  const { fetchNextPage } = query
  useEffect(() => {
    if (goesOn) fetchNextPage().catch(() => {})
  }, [goesOn, fetchNextPage])
  return {
    builds,
    searched: answers.reduce((sum, it) => sum + it.searched, 0),
    isSearching: query.isFetching || goesOn,
    isPaused: query.hasNextPage && isFull && !query.isFetching,
    failed: query.error ? wordRefusal(query.error).text : undefined,
    searchOn: () => {
      fetchNextPage().catch(() => {})
    },
  }
}

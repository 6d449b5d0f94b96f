import { Refusal } from '@firn/base/refusal'
import { reader } from '../catalog/caller.ts'
import type { LogNeeds } from './append.ts'
import { followLog } from './follow.ts'
import { readPhases, readWindow } from './read.ts'
import { searchLog } from './search.ts'

/** What one answer of a search looks through: a fraction of a second of work. */
const searchBudget = { chars: 48_000_000, matches: 20_000 }

export function logRoutes(needs: LogNeeds & { closing: AbortSignal }) {
  const window = async (id: string, at: { from: number; count: number }) => foundLog(await readWindow(needs, id, at))
  return {
    window: reader.firn.logWindow.handler(({ input }) => window(input.id, input)),
    phases: reader.firn.logPhases.handler(async ({ input }) => foundLog(await readPhases(needs.db, input.id))),
    follow: reader.firn.followLog.handler(async function* ({ input, signal }) {
      await window(input.id, { from: 0, count: 1 })
      const ending = signal === undefined ? needs.closing : AbortSignal.any([signal, needs.closing])
      yield* followLog(needs, input.id, { from: input.from, signal: ending })
    }),
    search: reader.firn.searchLog.handler(async ({ input }) => {
      const { id, q: search, from } = input
      const { matches, next, total } = foundLog(await searchLog(needs, id, { search, from, budget: searchBudget }))
      return { lines: matches.map(({ i }) => i), next, total }
    }),
  }
}

function foundLog<T>(log: T | undefined): T {
  if (log === undefined) throw new Refusal('NOT_FOUND', 'There is no such log, or it has been removed.')
  return log
}

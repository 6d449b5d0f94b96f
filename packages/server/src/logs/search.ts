import type { LogLine } from '@firn/contract/api/log'
import { makeFinder } from '@firn/core/log/find-text'
import { type ReadNeeds, readParts } from './read.ts'
import { findLog } from './store.ts'

/** How much is looked through at most, and how many lines are found, before the search rests. */
export type SearchBudget = { chars: number; matches: number }

/** `next`: the line to go on from when the budget was used up before the end; `chars`: what was looked through. */
export type SearchResult = { matches: LogLine[]; next: number | null; total: number; chars: number }

/** The lines that hold a text, whatever its case, colours and commands to a terminal aside; from a line on. */
export async function searchLog(
  needs: ReadNeeds,
  logId: string,
  { search, from, budget }: { search: string; from: number; budget: SearchBudget },
): Promise<SearchResult | undefined> {
  const log = await findLog(needs.db, logId)
  if (log === undefined) return undefined
  const isMatch = makeFinder(search)
  const matches: LogLine[] = []
  let chars = 0
  for await (const part of readParts(needs, logId, { log, from, count: log.lines })) {
    for (const line of part) {
      if (matches.length === budget.matches) return { matches, next: line.i, total: log.lines, chars }
      chars += line.t.length
      if (isMatch(line.t)) matches.push(line)
    }
    const last = part.at(-1)
    if (chars >= budget.chars && last !== undefined && last.i + 1 < log.lines)
      return { matches, next: last.i + 1, total: log.lines, chars }
  }
  return { matches, next: null, total: log.lines, chars }
}

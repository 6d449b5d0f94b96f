import type { LogMatches } from '@firn/contract/api/log'

/** What a search has found so far, and how far it has come. */
export type Found = { lines: readonly number[]; searched: number; total: number }

/** More lines than this are not gone through one by one. */
export const foundMax = 100_000

type Ask = (from: number) => Promise<LogMatches>

/** Asks for the lines that hold a text, an answer after the other, from where an earlier search had come. */
export async function* searchOn(ask: Ask, before: Found): AsyncGenerator<Found> {
  let { lines, searched } = before
  while (lines.length < foundMax) {
    const answer = await ask(searched)
    lines = [...lines, ...answer.lines]
    searched = answer.next ?? answer.total
    yield { lines, searched, total: answer.total }
    if (answer.next === null) return
  }
}

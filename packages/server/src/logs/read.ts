import type { LogCut, LogLine, LogWindow } from '@firn/contract/api/log'
import { leftOutSentence } from '@firn/core/log/bound'
import type { Db } from '../db/connect.ts'
import type { BlobStore } from './blob-store.ts'
import { unpackLines } from './pieces.ts'
import { findLog, type LogRow, type Piece, phasesBetween, piecesBetween } from './store.ts'

export type ReadNeeds = { db: Db; blobs: BlobStore }

/** A window never holds more text than about this many characters, so that no log can fill the memory. */
const windowCharsMax = 4_000_000

/**
 * Lines `from` to `from + count` of a log; a negative `from` counts from the end. Fewer come where the log ends or the
 * lines are very long. What is left out of a log has one line that says so, under the number of the first.
 */
export async function readWindow(
  { db, blobs }: ReadNeeds,
  logId: string,
  { from, count }: { from: number; count: number },
): Promise<LogWindow | undefined> {
  const log = await findLog(db, logId)
  if (log === undefined) return undefined
  const cut = cutOf(log)
  const answer = { id: logId, done: log.ended_at !== null, total: log.lines, cut }
  const first = from < 0 ? Math.max(0, log.lines + from) : from
  const lines: LogLine[] = []
  let chars = 0
  for await (const part of readParts({ db, blobs }, logId, { log, from: first, count }))
    for (const line of part) {
      chars += line.t.length
      if (lines.length === count || (chars > windowCharsMax && lines.length > 0)) return { ...answer, lines }
      lines.push(line)
    }
  return { ...answer, lines }
}

/**
 * The lines from `from` on, a piece at a time, with the phases that begin in them; at least `count` where there are so
 * many. A piece that fell out of the log meanwhile is passed over.
 */
export async function* readParts(
  { db, blobs }: ReadNeeds,
  logId: string,
  { log, from, count }: { log: LogRow; from: number; count: number },
): AsyncGenerator<LogLine[]> {
  const cut = cutOf(log)
  const begin = cut !== null && cut.from < from && from < cut.to ? cut.to : from
  const isCutIn = cut !== null && begin <= cut.from && cut.from < begin + count
  const end = Math.min(log.lines, begin + count + (isCutIn ? cut.to - cut.from - 1 : 0))
  const phases = new Map((await phasesBetween(db, logId, begin, end)).map((it) => [it.first_line, it.name]))
  let told = !isCutIn
  for (const piece of await piecesBetween(db, logId, begin, end)) {
    if (!told && cut !== null && piece.first_line >= cut.from) {
      told = true
      yield [noteOf(cut)]
    }
    yield (await linesOf(blobs, piece))
      .map((line, at) => numbered(line, piece.first_line + at, phases))
      .filter(({ i }) => begin <= i && i < end)
  }
  if (!told && cut !== null) yield [noteOf(cut)]
}

function numbered(line: { ms: number; t: string }, i: number, phases: ReadonlyMap<number, string>): LogLine {
  const phase = phases.get(i)
  return phase === undefined ? { i, ...line } : { i, ...line, phase }
}

function noteOf(cut: LogCut): LogLine {
  return { i: cut.from, ms: 0, t: leftOutSentence({ lines: cut.to - cut.from, chars: cut.chars }) }
}

export function cutOf({ cut_from, cut_to, cut_chars }: LogRow): LogCut | null {
  return cut_from === null || cut_to === null || cut_from === cut_to
    ? null
    : { from: cut_from, to: cut_to, chars: cut_chars }
}

async function linesOf(blobs: BlobStore, piece: Piece) {
  if (piece.body !== null) return unpackLines(piece.body)
  const body = await blobs.get(piece.blob ?? '').catch(isGone)
  return body === undefined ? [] : unpackLines(body)
}

/** The log's end moves on while it is read. */
function isGone(error: unknown): undefined {
  if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined
  throw error
}

/** Where the phases of a log begin, as far as lines have come (Nix's setPhase). */
export async function readPhases(db: Db, logId: string): Promise<{ i: number; name: string }[] | undefined> {
  const log = await findLog(db, logId)
  if (log === undefined) return undefined
  return (await phasesBetween(db, logId, 0, log.lines)).map(({ first_line, name }) => ({ i: first_line, name }))
}

import { pause } from '@firn/base/loop'
import type { LogWindow } from '@firn/contract/api/log'
import type { Db } from '../db/connect.ts'
import type { Nudges } from '../db/nudges.ts'
import { logTopic } from './append.ts'
import type { BlobStore } from './blob-store.ts'
import { unpackLines } from './pieces.ts'
import { findLog, type Piece, piecesBetween } from './store.ts'

type Needs = { db: Db; blobs: BlobStore }

/** A window never holds more text than about this many characters, so that no log can fill the memory. */
const windowCharsMax = 4_000_000

/**
 * Lines `from` to `from + count` of a log; a negative `from` counts from the end. Fewer come where the log ends or the
 * lines are very long.
 */
export async function readWindow(
  { db, blobs }: Needs,
  logId: string,
  { from, count }: { from: number; count: number },
): Promise<LogWindow | undefined> {
  const log = await findLog(db, logId)
  if (log === undefined) return undefined
  const first = from < 0 ? Math.max(0, log.lines + from) : from
  const end = Math.min(log.lines, first + count)
  const lines: LogWindow['lines'] = []
  let chars = 0
  for (const piece of await piecesBetween(db, logId, first, end)) {
    for (const [at, line] of (await linesOf(blobs, piece)).entries()) {
      const i = piece.first_line + at
      if (i < first || i >= end) continue
      chars += line.t.length
      if (chars > windowCharsMax && lines.length > 0)
        return { id: logId, lines, done: log.ended_at !== null, total: log.lines }
      lines.push({ i, ...line })
    }
  }
  return { id: logId, lines, done: log.ended_at !== null, total: log.lines }
}

async function linesOf(blobs: BlobStore, piece: Piece) {
  return unpackLines(piece.body ?? (await blobs.get(piece.blob ?? '')))
}

/** Every line from `from` on, in windows, as they are written; ends with the log or the signal. */
export async function* followLog(
  { db, blobs, nudges }: Needs & { nudges: Nudges },
  logId: string,
  { from, signal }: { from: number; signal: AbortSignal },
): AsyncGenerator<LogWindow> {
  let next = from
  while (!signal.aborted) {
    const grown = new AbortController()
    const off = nudges.on(logTopic(logId), () => grown.abort())
    const window = await readWindow({ db, blobs }, logId, { from: next, count: 2000 })
    if (window === undefined) return off()
    next += window.lines.length
    const behind = next < window.total
    if (window.lines.length > 0 || window.done) yield { ...window, done: window.done && !behind }
    if (window.done && !behind) return off()
    if (!behind) await pause(2000, AbortSignal.any([signal, grown.signal]))
    off()
  }
}

import { headCount, type LogBound, piecesPastBound } from '@firn/core/log/bound'
import { sql } from 'kysely'
import type { Db, Tx } from '../db/connect.ts'
import type { Nudges } from '../db/nudges.ts'
import { transact } from '../db/transact.ts'
import type { BlobStore } from './blob-store.ts'
import { gather } from './gather.ts'
import type { Line, PhaseStart } from './lines.ts'
import { charsOf, inPieces, packLines, putPiece } from './pieces.ts'
import {
  advanceLog,
  deletePieces,
  findLog,
  insertPhases,
  insertPieces,
  type LogRow,
  lockLog,
  markLogEnded,
  moveCut,
  type Piece,
  piecesFrom,
} from './store.ts'

export type LogNeeds = { db: Db; blobs: BlobStore; nudges: Nudges; logBound: LogBound }

/** Nudged when a log has grown or ended. */
export const logTopic = (logId: string) => `log:${logId}`

/** From this size on, in compressed bytes, a piece goes to the blob store instead of a row. */
const blobBytesMin = 32 * 1024
/** What a writer says with the messages after `after` up to `n`; with `end` it is the last. */
export type Written = { after: number; n: number; lines: Line[]; phases: PhaseStart[]; end: boolean }

/**
 * Keeps lines of a writer's conversation up to message `n`, durable when it resolves. Messages that were kept
 * before (a writer that heard no answer sends them again) are left out by the caller, who knows `received_n`;
 * two writers at once are told apart here: the one that is behind is refused. Beyond the bound of a log its middle is
 * left out; that is never the writer's matter.
 * @returns whether it was kept; false: the log has ended, or another writer was quicker
 */
export async function appendLines(needs: LogNeeds, logId: string, written: Written): Promise<boolean> {
  const { db, blobs, nudges, logBound } = needs
  const log = await findLog(db, logId)
  if (log === undefined || !isNext(log, written)) return false
  const head = headCount({ lines: log.lines, chars: log.chars, cutFrom: log.cut_from }, written.lines, logBound)
  const pieces = [
    ...(await makePieces(needs, logId, { from: log.lines, lines: written.lines.slice(0, head) })),
    ...(await makePieces(needs, logId, { from: log.lines + head, lines: written.lines.slice(head) })),
  ]
  const cutAt = log.cut_from === null && head < written.lines.length ? log.lines + head : null
  const kept = await transact(db, async (tx) => {
    const now = await lockLog(tx, logId)
    if (now === undefined || !isNext(now, written)) return { ok: false, gone: pieces }
    await insertPieces(tx, logId, pieces)
    await insertPhases(
      tx,
      logId,
      written.phases.map(({ at, ms, name }) => ({ first_line: now.lines + at, ms, name: storable(name) })),
    )
    await advanceLog(tx, logId, { n: written.n, ...sizeOf(pieces), cutAt })
    if (written.end) await markLogEnded(tx, logId)
    const endFrom = now.cut_to ?? cutAt
    const gone = endFrom === null ? [] : await dropPastBound(tx, logId, { endFrom, logBound })
    await gather({ tx, blobs, logBound }, logId, { end: written.end, cutFrom: now.cut_from ?? cutAt })
    return { ok: true, gone }
  })
  for (const { blob } of kept.gone) if (blob !== null) await blobs.delete(blob)
  if (kept.ok) nudges.send(logTopic(logId))
  return kept.ok
}

function isNext(log: LogRow, { after }: Written): boolean {
  return log.ended_at === null && log.received_n === after
}

/** PostgreSQL's text cannot hold NUL. */
const storable = (name: string) => name.replaceAll('\0', '\ufffd')

async function makePieces(
  { blobs, logBound }: LogNeeds,
  logId: string,
  { from, lines }: { from: number; lines: Line[] },
): Promise<Piece[]> {
  const pieces: Piece[] = []
  let first_line = from
  for (const run of inPieces(lines, logBound)) {
    const body = await packLines(run)
    const size = { first_line, lines: run.length, chars: charsOf(run), bytes: body.length }
    if (body.length < blobBytesMin) pieces.push({ ...size, body, blob: null })
    else pieces.push({ ...size, body: null, blob: await putPiece(blobs, logId, body) })
    first_line += run.length
  }
  return pieces
}

function sizeOf(pieces: readonly Piece[]) {
  const sum = { lines: 0, chars: 0, bytes: 0 }
  for (const piece of pieces) {
    sum.lines += piece.lines
    sum.chars += piece.chars
    sum.bytes += piece.bytes
  }
  return sum
}

/** Leaves out the oldest pieces of the log's end that no longer fit. @returns them; their blobs are still there */
async function dropPastBound(
  tx: Tx,
  logId: string,
  { endFrom, logBound }: { endFrom: number; logBound: LogBound },
): Promise<{ blob: string | null }[]> {
  const end = await piecesFrom(tx, logId, endFrom)
  const gone = end.slice(0, piecesPastBound(end, logBound))
  const last = gone.at(-1)
  if (last === undefined) return []
  await deletePieces(
    tx,
    logId,
    gone.map((piece) => piece.first_line),
  )
  const chars = gone.reduce((sum, piece) => sum + piece.chars, 0)
  await moveCut(tx, logId, { to: last.first_line + last.lines, chars })
  return gone
}

/** Ends a log whose writer is gone: what came is all there will be. */
export async function endLog({ db, blobs, nudges, logBound }: LogNeeds, logId: string): Promise<void> {
  await transact(db, async (tx) => {
    const log = await lockLog(tx, logId)
    if (log === undefined || log.ended_at !== null) return
    await markLogEnded(tx, logId)
    await gather({ tx, blobs, logBound }, logId, { end: true, cutFrom: log.cut_from })
  })
  nudges.send(logTopic(logId))
}

/** Makes empty logs. */
export async function insertLogs(tx: Tx, logs: { id: string; account_id: string }[]): Promise<void> {
  await sql`insert into log (id, account_id)
    select * from unnest(${logs.map((log) => log.id)}::uuid[], ${logs.map((log) => log.account_id)}::uuid[])
    on conflict do nothing`.execute(tx)
}

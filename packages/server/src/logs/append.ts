import { randomUUID } from 'node:crypto'
import { sql } from 'kysely'
import type { Db, Tx } from '../db/connect.ts'
import type { Nudges } from '../db/nudges.ts'
import { transact } from '../db/transact.ts'
import type { BlobStore } from './blob-store.ts'
import type { Line } from './lines.ts'
import { packLines, unpackLines } from './pieces.ts'
import { advanceLog, deletePieces, insertPiece, lockLog, markLogEnded, type Piece, smallPieces } from './store.ts'

export type LogNeeds = { db: Db; blobs: BlobStore; nudges: Nudges }

/** Nudged when a log has grown or ended. */
export const logTopic = (logId: string) => `log:${logId}`

/** From this size on, in compressed bytes, a piece goes to the blob store instead of a row. */
const blobBytesMin = 32 * 1024
/** So many small pieces are gathered into one blob. */
const smallPiecesMax = 64

/**
 * Keeps lines of a writer's conversation up to message `n`, durable when it resolves. Messages that were kept
 * before (a writer that heard no answer sends them again) are left out by the caller, who knows `received_n`;
 * two writers at once are told apart here: the one that is behind is refused.
 * @returns whether it was kept; false: the log has ended, or another writer was quicker
 */
export async function appendLines(
  { db, blobs, nudges }: LogNeeds,
  logId: string,
  { after, n, lines, end }: { after: number; n: number; lines: Line[]; end: boolean },
): Promise<boolean> {
  const body = await packLines(lines)
  const blob = body.length >= blobBytesMin ? await putBlob(blobs, logId, body) : null
  const kept = await transact(db, async (tx) => {
    const log = await lockLog(tx, logId)
    if (log === undefined || log.ended_at !== null || log.received_n !== after) return false
    if (lines.length > 0)
      await insertPiece(tx, logId, {
        first_line: log.lines,
        lines: lines.length,
        bytes: body.length,
        body: blob === null ? body : null,
        blob,
      })
    await advanceLog(tx, logId, { n, lines: lines.length, bytes: body.length })
    if (end) await markLogEnded(tx, logId)
    await gather({ tx, blobs }, logId, end)
    return true
  })
  if (kept) nudges.send(logTopic(logId))
  else if (blob !== null) await blobs.delete(blob)
  return kept
}

/** Moves the small pieces of a log into blobs, once there are many or the log has ended. */
async function gather({ tx, blobs }: { tx: Tx; blobs: BlobStore }, logId: string, end: boolean): Promise<void> {
  const small = await smallPieces(tx, logId)
  if (small.length === 0 || (!end && small.length < smallPiecesMax)) return
  for (const run of neighbours(small)) {
    const lines = (await Promise.all(run.map((piece) => unpackLines(piece.body ?? Buffer.alloc(0))))).flat()
    const body = await packLines(lines)
    const [first] = run
    if (first === undefined) continue
    const blob = await putBlob(blobs, logId, body)
    await deletePieces(
      tx,
      logId,
      run.map((piece) => piece.first_line),
    )
    await insertPiece(tx, logId, {
      first_line: first.first_line,
      lines: lines.length,
      bytes: body.length,
      body: null,
      blob,
    })
  }
}

/** Runs of pieces whose lines follow each other: a large piece between two small ones keeps them apart. */
function neighbours(pieces: Piece[]): Piece[][] {
  const runs: Piece[][] = []
  for (const piece of pieces) {
    const run = runs.at(-1)
    const last = run?.at(-1)
    if (run && last && last.first_line + last.lines === piece.first_line) run.push(piece)
    else runs.push([piece])
  }
  return runs
}

async function putBlob(blobs: BlobStore, logId: string, body: Buffer): Promise<string> {
  const key = `logs/${logId.slice(-2)}/${logId}/${randomUUID()}.zst`
  await blobs.put(key, body)
  return key
}

/** Ends a log whose writer is gone: what came is all there will be. */
export async function endLog({ db, blobs, nudges }: LogNeeds, logId: string): Promise<void> {
  await transact(db, async (tx) => {
    const log = await lockLog(tx, logId)
    if (log === undefined || log.ended_at !== null) return
    await markLogEnded(tx, logId)
    await gather({ tx, blobs }, logId, true)
  })
  nudges.send(logTopic(logId))
}

/** Makes empty logs. */
export async function insertLogs(tx: Tx, logs: { id: string; account_id: string }[]): Promise<void> {
  await sql`insert into log (id, account_id)
    select * from unnest(${logs.map((log) => log.id)}::uuid[], ${logs.map((log) => log.account_id)}::uuid[])
    on conflict do nothing`.execute(tx)
}

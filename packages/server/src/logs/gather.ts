import type { LogBound } from '@firn/core/log/bound'
import type { Tx } from '../db/connect.ts'
import type { BlobStore } from './blob-store.ts'
import { charsOf, inPieces, packLines, putPiece, unpackLines } from './pieces.ts'
import { deletePieces, insertPieces, type Piece, smallPieces } from './store.ts'

/** So many small pieces are gathered into larger ones. */
export const smallPiecesMax = 64
/** From this size on, in compressed bytes, a piece goes to the blob store instead of a row. */
export const smallBytesMax = 32 * 1024

/**
 * Makes fewer pieces of the small ones of a log, once there are many or the log has ended. A log that is small as a whole
 * stays in its row: most are, and a blob for each would be most of what the blob store has to do.
 */
export async function gather(
  { tx, blobs, logBound }: { tx: Tx; blobs: BlobStore; logBound: LogBound },
  logId: string,
  { end, cutFrom }: { end: boolean; cutFrom: number | null },
): Promise<void> {
  const small = await smallPieces(tx, logId)
  if (small.length === 0 || (!end && small.length < smallPiecesMax)) return
  for (const run of neighbours(small, cutFrom)) {
    const [first, second] = run
    if (first === undefined || (end && second === undefined)) continue
    const lines = (await Promise.all(run.map((piece) => unpackLines(piece.body ?? Buffer.alloc(0))))).flat()
    await deletePieces(
      tx,
      logId,
      run.map((piece) => piece.first_line),
    )
    let first_line = first.first_line
    const pieces = [...inPieces(lines, logBound)]
    for (const own of pieces) {
      const body = await packLines(own)
      const size = { first_line, lines: own.length, chars: charsOf(own), bytes: body.length }
      // While the log goes on, a full piece leaves the rows: it would be gathered again and again.
      const mayStay = second !== undefined && (end || own === pieces.at(-1))
      const inRow = mayStay && body.length < smallBytesMax
      const kept = inRow ? { body, blob: null } : { body: null, blob: await putPiece(blobs, logId, body) }
      await insertPieces(tx, [{ log_id: logId, ...size, ...kept }])
      first_line += own.length
    }
  }
}

/** Runs of pieces whose lines follow each other: a large piece between two keeps them apart, and so does the cut. */
function neighbours(pieces: Piece[], cutFrom: number | null): Piece[][] {
  const runs: Piece[][] = []
  for (const piece of pieces) {
    const run = runs.at(-1)
    const last = run?.at(-1)
    const follows = last && last.first_line + last.lines === piece.first_line && piece.first_line !== cutFrom
    if (run && follows) run.push(piece)
    else runs.push([piece])
  }
  return runs
}

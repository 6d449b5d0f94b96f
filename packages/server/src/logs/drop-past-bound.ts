import { type LogBound, piecesPastBound } from '@firn/core/log/bound'
import type { Tx } from '../db/connect.ts'
import { deletePieces, moveCut, piecesFrom } from './store.ts'

/** Leaves out the oldest pieces of the log's end that no longer fit. @returns them; their blobs are still there */
export async function dropPastBound(
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

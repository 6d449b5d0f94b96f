import { randomUUID } from 'node:crypto'
import { promisify } from 'node:util'
import { zstdCompress, zstdDecompress } from 'node:zlib'
import type { LogBound } from '@firn/core/log/bound'
import type { BlobStore } from './blob-store.ts'
import type { Line } from './lines.ts'

const compress = promisify(zstdCompress)
const decompress = promisify(zstdDecompress)

/** So much is in one piece at most: what is read, searched, moved or left out at once. One line may be longer. */
const pieceMax: LogBound = { lines: 4096, chars: 1024 * 1024 }

/** The most of one piece in a log with this bound: a log that is cut drops whole pieces. */
const pieceMaxOf = (bound: LogBound): LogBound => ({
  lines: Math.min(pieceMax.lines, Math.ceil(bound.lines / 8)),
  chars: Math.min(pieceMax.chars, Math.ceil(bound.chars / 8)),
})

export const charsOf = (lines: readonly Line[]): number => lines.reduce((sum, line) => sum + line.t.length, 0)

/** Less than this is kept as it is: to begin compressing costs more than it saves, and of most builds there are a few lines. */
const plainBytesMax = 512
/** How what is compressed begins; a text begins with a bracket. */
const zstdMagic = Buffer.from([0x28, 0xb5, 0x2f, 0xfd])

/** A piece of a log: one JSON array `[ms, text]` a line, in zstd where that is worth it. */
export async function packLines(lines: readonly Line[]): Promise<Buffer> {
  const text = Buffer.from(lines.map(({ ms, t }) => JSON.stringify([ms, t])).join('\n'))
  return text.length < plainBytesMax ? text : await compress(text)
}

export async function unpackLines(piece: Uint8Array): Promise<Line[]> {
  const isCompressed = zstdMagic.equals(piece.subarray(0, zstdMagic.length))
  const text = (isCompressed ? await decompress(piece) : Buffer.from(piece)).toString()
  if (text === '') return []
  return text.split('\n').map((row) => {
    const [ms, t]: [number, string] = JSON.parse(row)
    return { ms, t }
  })
}

/** Consecutive lines in runs of which each may be a piece. */
export function* inPieces(lines: readonly Line[], bound: LogBound): Generator<Line[]> {
  const max = pieceMaxOf(bound)
  let run: Line[] = []
  let chars = 0
  for (const line of lines) {
    if (run.length > 0 && (run.length >= max.lines || chars + line.t.length > max.chars)) {
      yield run
      run = []
      chars = 0
    }
    run.push(line)
    chars += line.t.length
  }
  if (run.length > 0) yield run
}

/** Puts a packed piece into the blob store. @returns its key */
export async function putPiece(blobs: BlobStore, logId: string, body: Buffer): Promise<string> {
  const key = `logs/${logId.slice(-2)}/${logId}/${randomUUID()}.zst`
  await blobs.put(key, body)
  return key
}

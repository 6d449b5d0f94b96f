import { promisify } from 'node:util'
import { zstdCompress, zstdDecompress } from 'node:zlib'
import type { Line } from './lines.ts'

const compress = promisify(zstdCompress)
const decompress = promisify(zstdDecompress)

/** A piece of a log: one JSON array `[ms, text, phase?]` a line, in zstd. */
export function packLines(lines: Line[]): Promise<Buffer> {
  return compress(
    lines.map(({ ms, t, phase }) => JSON.stringify(phase === undefined ? [ms, t] : [ms, t, phase])).join('\n'),
  )
}

export async function unpackLines(piece: Uint8Array): Promise<Line[]> {
  const text = (await decompress(piece)).toString()
  if (text === '') return []
  return text.split('\n').map((row) => {
    const [ms, t, phase]: [number, string, string?] = JSON.parse(row)
    return { ms, t, ...(phase === undefined ? {} : { phase }) }
  })
}

/** Lines named by an address, counted from 0, both ends included. */
export type LineRange = { first: number; last: number }

/** Reads `#L10` and `#L10-L20` (counted from 1), with or without the hash sign. */
export function parseLineRange(hash: string): LineRange | undefined {
  const match = /^#?L(\d{1,9})(?:-L?(\d{1,9}))?$/.exec(hash)
  if (!match) return undefined
  const a = Number(match[1]) - 1
  const b = match[2] === undefined ? a : Number(match[2]) - 1
  return a < 0 || b < 0 ? undefined : { first: Math.min(a, b), last: Math.max(a, b) }
}

export const showLineRange = ({ first, last }: LineRange): string =>
  first === last ? `#L${first + 1}` : `#L${first + 1}-L${last + 1}`

/**
 * What is kept of a log that is longer than it may be: half of the bound from its beginning, half from its end.
 * While it is written the end moves on, and what falls out of it joins what is left out between the two.
 *
 *   beginning │ left out │ end ─►
 *   0 ····· cut.from ··· cut.to ··· lines
 */

/** The most that is kept of one log; `chars` are UTF-16 units of text. */
export type LogBound = { lines: number; chars: number }

/** How far a log has come, and where its end began, if it has one. */
export type LogExtent = { lines: number; chars: number; cutFrom: number | null }

/** How many of the lines that come next still belong to the beginning. */
export function headCount(log: LogExtent, lines: readonly { t: string }[], bound: LogBound): number {
  if (log.cutFrom !== null) return 0
  const max = Math.min(lines.length, Math.max(0, Math.floor(bound.lines / 2) - log.lines))
  let chars = log.chars
  for (const [at, line] of lines.slice(0, max).entries()) {
    chars += line.t.length
    if (chars > bound.chars / 2) return at
  }
  return max
}

/** How many of the oldest pieces of the end go, so that what is left is no more than half of the bound; the last stays. */
export function piecesPastBound(end: readonly { lines: number; chars: number }[], bound: LogBound): number {
  let lines = 0
  let chars = 0
  for (let at = end.length - 1; at >= 0; at--) {
    lines += end[at]?.lines ?? 0
    chars += end[at]?.chars ?? 0
    const isOver = lines > bound.lines / 2 || chars > bound.chars / 2
    if (isOver && at < end.length - 1) return at + 1
  }
  return 0
}

/** What stands in the place of the lines that are left out. */
export function leftOutSentence({ lines, chars }: { lines: number; chars: number }): string {
  return `Firn left out ${lines.toLocaleString('en')} lines (${size(chars)}) here: of a log this long it keeps the beginning and the end.`
}

function size(chars: number): string {
  const mib = chars / 1024 / 1024
  return mib < 1 ? `${Math.ceil(chars / 1024)} KiB` : `${mib.toFixed(mib < 10 ? 1 : 0)} MiB`
}

import { widthOf } from './width.ts'

/** Rows as lines whose columns stand below each other; the last column is as long as it is. Colours take no room. */
export function tableLines(rows: readonly (readonly string[])[]): string[] {
  const widths: number[] = []
  for (const row of rows)
    for (const [at, cell] of row.slice(0, -1).entries()) widths[at] = Math.max(widths[at] ?? 0, widthOf(cell))
  return rows.map((row) =>
    row
      .map((cell, at) => (at === row.length - 1 ? cell : `${cell}${' '.repeat((widths[at] ?? 0) - widthOf(cell))}`))
      .join('  '),
  )
}

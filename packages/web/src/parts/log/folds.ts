/** A range of lines that is folded away: from the first hidden line to before the first that shows again. */
export type Fold = { from: number; to: number }

const hidden = (folds: readonly Fold[]) => folds.reduce((sum, fold) => sum + fold.to - fold.from, 0)

/** How many rows are left of so many lines. Folds are in order and do not overlap. */
export const rowsOf = (total: number, folds: readonly Fold[]) => total - hidden(folds)

/** The line that stands in a row. */
export function lineOfRow(row: number, folds: readonly Fold[]): number {
  let line = row
  for (const fold of folds) {
    if (fold.from > line) break
    line += fold.to - fold.from
  }
  return line
}

/** The row in which a line stands; a folded line has the row of what is shown before it. */
export function rowOfLine(line: number, folds: readonly Fold[]): number {
  let row = line
  for (const fold of folds) {
    if (fold.from > line) break
    row -= Math.min(line + 1, fold.to) - fold.from
  }
  return Math.max(0, row)
}

export type Phase = { name: string; from: number; to: number }

type Line = { i: number; phase?: string | undefined }

/**
 * The phases that are known whole: from a line that begins one to the next such line or the end of the log, with all
 * lines between at hand. `lines` are in order and may have gaps.
 */
export function knownPhases(lines: Iterable<Line>, total: number): Phase[] {
  const phases: Phase[] = []
  let open: { name: string; from: number } | undefined
  let next = 0
  for (const line of lines) {
    if (line.i !== next) open = undefined
    next = line.i + 1
    if (line.phase === undefined) continue
    if (open) phases.push({ ...open, to: line.i })
    open = { name: line.phase, from: line.i }
  }
  if (open && next === total) phases.push({ ...open, to: total })
  return phases
}

/** The phase that a line belongs to, if it is known. */
export const phaseAt = (phases: readonly Phase[], line: number) => phases.find((it) => it.from <= line && line < it.to)

/** What folding some phases hides: all of each but its first line. */
export const foldsOf = (phases: readonly Phase[], folded: ReadonlySet<number>): Fold[] =>
  phases.filter((it) => folded.has(it.from) && it.to > it.from + 1).map((it) => ({ from: it.from + 1, to: it.to }))

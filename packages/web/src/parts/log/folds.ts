import type { LogCut, PhaseStart } from '@firn/contract/api/log'

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

/** The phases from where each begins, in order, to the next or the end of the log. */
export const phasesOf = (starts: readonly PhaseStart[], total: number): Phase[] =>
  starts.map(({ i, name }, at) => ({ name, from: i, to: starts[at + 1]?.i ?? total }))

/** The phase that a line belongs to, if it is known. */
export const phaseAt = (phases: readonly Phase[], line: number) => phases.find((it) => it.from <= line && line < it.to)

/** What folding some phases hides, all of each but its first line, and what is left out of the log, likewise. */
export function foldsOf(phases: readonly Phase[], folded: ReadonlySet<number>, cut: LogCut | null): Fold[] {
  const hidden = phases.filter((it) => folded.has(it.from)).map(({ from, to }) => ({ from: from + 1, to }))
  if (cut) hidden.push({ from: cut.from + 1, to: cut.to })
  return merged(hidden.filter((it) => it.to > it.from))
}

/** The same lines in folds that are in order and do not touch. */
function merged(folds: readonly Fold[]): Fold[] {
  const result: Fold[] = []
  for (const fold of folds.toSorted((a, b) => a.from - b.from)) {
    const last = result.at(-1)
    if (last && fold.from <= last.to) last.to = Math.max(last.to, fold.to)
    else result.push({ ...fold })
  }
  return result
}

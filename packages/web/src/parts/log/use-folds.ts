import { useCallback, useMemo, useState } from 'react'
import { toggled } from '../../ui/toggled.ts'
import { foldsOf, phaseAt, phasesOf } from './folds.ts'
import type { LogSnapshot } from './log-store.ts'

/** The phases of a log, and which of them are folded; what is left out of the log is folded for good. */
export function useFolds({ phases: starts, total, cut }: LogSnapshot) {
  const [folded, setFolded] = useState<ReadonlySet<number>>(new Set())
  const phases = useMemo(() => phasesOf(starts, total), [starts, total])
  const folds = useMemo(() => foldsOf(phases, folded, cut), [phases, folded, cut])
  const toggle = useCallback((from: number) => setFolded((before) => toggled(before, from)), [])
  /** Opens the phase that hides a line. */
  const reveal = useCallback(
    (line: number) =>
      setFolded((before) => new Set([...before].filter((from) => phaseAt(phases, line)?.from !== from))),
    [phases],
  )
  return { phases, folds, folded, toggle, reveal }
}

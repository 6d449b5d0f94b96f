import { useCallback, useMemo, useState } from 'react'
import { toggled } from '../../ui/toggled.ts'
import { foldsOf, knownPhases, phaseAt } from './folds.ts'
import type { LogSnapshot, LogStore } from './log-store.ts'

/** The phases of a log as far as they are known, and which of them are folded. */
export function useFolds(store: LogStore, log: LogSnapshot) {
  const [folded, setFolded] = useState<ReadonlySet<number>>(new Set())
  const phases = useMemo(() => knownPhases(store.loadedLines(), log.total), [store, log])
  const folds = useMemo(() => foldsOf(phases, folded), [phases, folded])
  const toggle = useCallback((from: number) => setFolded((before) => toggled(before, from)), [])
  /** Opens the phase that hides a line. */
  const reveal = useCallback(
    (line: number) =>
      setFolded((before) => new Set([...before].filter((from) => phaseAt(phases, line)?.from !== from))),
    [phases],
  )
  return { phases, folds, folded, toggle, reveal }
}

import { useCallback, useEffect, useRef, useState } from 'react'
import { lastErrorLike } from './find.ts'
import type { LogLinesDoor } from './LogLines.tsx'
import type { LogSnapshot, LogStore } from './log-store.ts'
import { useFolds } from './use-folds.ts'
import { useLogModes } from './use-log-modes.ts'
import { useLogSearch } from './use-log-search.ts'
import { usePickedLines } from './use-picked-lines.ts'

export type Reading = ReturnType<typeof useReading>

/** How a log is being read: where, with what folded, followed or searched, and the ways to go elsewhere in it. */
export function useReading(store: LogStore, log: LogSnapshot, failed: boolean) {
  const door = useRef<LogLinesDoor>(null)
  const [topLine, setTopLine] = useState(0)
  const modes = useLogModes()
  const { setFollow } = modes
  const picked = usePickedLines()
  const { toggle, reveal, ...folding } = useFolds(log)
  const goTo = useCallback(
    (line: number, fraction?: number) => {
      setFollow(false)
      // Drawn first, so that a fold that was opened for the line is no longer in the way.
      requestAnimationFrame(() => door.current?.goToLine(line, fraction))
    },
    [setFollow],
  )
  const show = useCallback(
    (line: number) => {
      reveal(line)
      goTo(line)
    },
    [reveal, goTo],
  )
  const search = useLogSearch({ store, log, topLine, show })
  const errorLine = useStartingPlace({ store, log, failed, first: picked.first, goTo, setFollow })
  const fold = (from: number) => {
    toggle(from)
    if (from < topLine) goTo(from, 0)
  }
  const goToError = () => {
    const line = lastErrorLike(store.loadedLines())
    if (line !== undefined) show(line)
  }
  const isMarked = (line: number) => picked.isPicked(line) || line === search.current || line === errorLine
  return { door, topLine, setTopLine, modes, ...folding, fold, search, goTo, goToError, isMarked, pick: picked.pick }
}

type StartProps = {
  store: LogStore
  log: LogSnapshot
  failed: boolean
  first: number | undefined
  goTo: (line: number) => void
  setFollow: (follow: boolean) => void
}

/** Where the log opens: at the line of the address, else where it failed, else at the end while it is written. */
function useStartingPlace({ store, log, failed, first, goTo, setFollow }: StartProps): number | undefined {
  const { opened, done } = log
  const [errorLine, setErrorLine] = useState<number>()
  // biome-ignore lint/correctness/useExhaustiveDependencies: only once, when the log is there
  useEffect(() => {
    if (!opened) return
    if (first !== undefined) return goTo(first)
    if (!done) return setFollow(true)
    const error = failed ? lastErrorLike(store.loadedLines()) : undefined
    if (error === undefined) return
    setErrorLine(error)
    goTo(error)
  }, [opened])
  return errorLine
}

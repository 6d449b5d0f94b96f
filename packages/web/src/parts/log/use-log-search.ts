import { useMemo, useState } from 'react'
import { findLines, nextMatch } from './find.ts'
import type { LogSnapshot, LogStore } from './log-store.ts'

type Options = { store: LogStore; log: LogSnapshot; topLine: number; show: (line: number) => void }

/** Search in the lines that are loaded, from the line at the top on and round again. */
export function useLogSearch({ store, log, topLine, show }: Options) {
  const [value, setValue] = useState('')
  const [current, setCurrent] = useState<number>()
  // biome-ignore lint/correctness/useExhaustiveDependencies: `log` stands for what the store has loaded
  const matches = useMemo(() => findLines(store.loadedLines(), value), [store, log, value])
  const onStep = (step: 1 | -1) => {
    const next = nextMatch(matches, current ?? topLine - 1, step)
    setCurrent(next)
    if (next !== undefined) show(next)
  }
  const onChange = (text: string) => {
    setValue(text)
    setCurrent(undefined)
  }
  return { value, matches, current, onChange, onStep }
}

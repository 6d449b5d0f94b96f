import { useEffect, useRef, useState } from 'react'
import { nextMatch } from './find.ts'
import type { LogSnapshot, LogStore } from './log-store.ts'
import { type Found, foundMax, searchOn } from './search-log.ts'

/** A search begins when nothing was typed for so long, and goes on into what was written since at most so often. */
const quietMs = 150
const growthMs = 1000
const nothing: Found = { lines: [], searched: 0, total: 0 }

type Options = { store: LogStore; log: LogSnapshot; topLine: number; show: (line: number) => void }

/** Search in the whole log, by the server; from the line at the top on and round again. */
export function useLogSearch({ store, log, topLine, show }: Options) {
  const [value, setValue] = useState('')
  const [current, setCurrent] = useState<number>()
  const { found, failed } = useFound(store, log, value.trim())
  const onStep = (step: 1 | -1) => {
    const next = nextMatch(found.lines, current ?? topLine - 1, step)
    setCurrent(next)
    if (next !== undefined) show(next)
  }
  const onChange = (text: string) => {
    setValue(text)
    setCurrent(undefined)
  }
  return { value, found, failed, current, onChange, onStep }
}

function useFound(store: LogStore, { total }: LogSnapshot, text: string) {
  const [state, setState] = useState({ text: '', found: nothing, failed: false })
  const latest = useRef(state)
  const begun = state.text === text && text !== ''
  // What was found of another text is of no use, and what was found of this one is not looked for again.
  const found = begun ? state.found : nothing
  const isBehind = text !== '' && (!begun || state.found.searched < total) && !(begun && state.failed)
  useEffect(() => {
    if (!isBehind) return
    const stop = new AbortController()
    const own = latest.current.text === text ? latest.current.found : nothing
    const tell = (now: { found: Found; failed: boolean }) => {
      if (stop.signal.aborted) return
      latest.current = { text, ...now }
      setState(latest.current)
    }
    const search = async () => {
      let so = own
      do {
        await store.wait(so.searched === 0 ? quietMs : growthMs, stop.signal)
        if (stop.signal.aborted) return
        for await (const more of searchOn((from) => store.search(text, from, stop.signal), so)) {
          so = more
          tell({ found: so, failed: false })
        }
      } while (so.searched < store.snapshot().total && so.lines.length < foundMax)
    }
    search().catch(() => tell({ found: latest.current.text === text ? latest.current.found : own, failed: true }))
    return () => stop.abort()
  }, [store, text, isBehind])
  return { found, failed: begun && state.failed }
}

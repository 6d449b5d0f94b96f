import { useLocation, useRouter } from '@tanstack/react-router'
import { useCallback, useEffect, useMemo, useRef, useState } from 'react'
import { wordRefusal } from '../../api/refusal.ts'
import { IconButton } from '../../ui/IconButton.tsx'
import { isTyping } from '../../ui/keys.ts'
import { wordCount, wordNumber } from '../../ui/number-words.ts'
import { toggled } from '../../ui/toggled.ts'
import { findLines, lastErrorLike, nextMatch } from './find.ts'
import { foldsOf, knownPhases, phaseAt } from './folds.ts'
import { LogDownload, LogSearch } from './LogBar.tsx'
import { LogLines, type LogLinesDoor } from './LogLines.tsx'
import { LogRow } from './LogRow.tsx'
import { parseLineRange, showLineRange } from './line-range.ts'
import type { LogSnapshot, LogStore } from './log-store.ts'
import classes from './log-view.module.css'
import { PhaseBar } from './PhaseBar.tsx'
import { useLog, useLogSnapshot } from './use-log.ts'

type Props = { logId: string; fileName: string; failed: boolean }

/** A whole log: windows of it, followed while it is written, from ten lines to millions. */
export function LogView({ logId, fileName, failed }: Props) {
  const store = useLog(logId)
  return store ? <OpenLog key={logId} store={store} logId={logId} fileName={fileName} failed={failed} /> : null
}

type OpenProps = Props & { store: LogStore }

function OpenLog({ store, logId, fileName, failed }: OpenProps) {
  const log = useLogSnapshot(store)
  const door = useRef<LogLinesDoor>(null)
  const [wrap, setWrap] = useState(() => window.innerWidth < 640)
  const [follow, setFollow] = useState(false)
  const [folded, setFolded] = useState<ReadonlySet<number>>(new Set())
  const [topLine, setTopLine] = useState(0)
  const { range, pick } = usePickedLines()
  const phases = useMemo(() => knownPhases(store.loadedLines(), log.total), [store, log])
  const folds = useMemo(() => foldsOf(phases, folded), [phases, folded])
  const goTo = useCallback((line: number, fraction?: number) => {
    setFollow(false)
    // Drawn first, so that a fold that was opened for the line is no longer in the way.
    requestAnimationFrame(() => door.current?.goToLine(line, fraction))
  }, [])
  const show = useCallback(
    (line: number) => {
      setFolded((before) => new Set([...before].filter((from) => phaseAt(phases, line)?.from !== from)))
      goTo(line)
    },
    [phases, goTo],
  )
  const search = useSearch({ store, log, topLine, show })
  const errorLine = useStartingPlace({ store, log, failed, first: range?.first, goTo, setFollow })
  useLogKeys({ onFollow: () => setFollow((it) => !it), onWrap: () => setWrap((it) => !it) })
  const fold = (from: number) => {
    setFolded((before) => toggled(before, from))
    if (from < topLine) goTo(from, 0)
  }
  if (!log.opened) return <Opening error={log.error} />
  return (
    <div className={classes.view}>
      <div className={classes.bar}>
        <LogSearch {...search} scope={scopeWords(log)} />
        <span className={classes.grow} />
        <span className={classes.group}>
          <IconButton label="Go to the last error-like line" onClick={() => goToError(store, show)}>
            last error
          </IconButton>
          <IconButton label="Follow the end" pressed={follow} onClick={() => setFollow(!follow)}>
            follow
          </IconButton>
          <IconButton label="Wrap long lines" pressed={wrap} onClick={() => setWrap(!wrap)}>
            wrap
          </IconButton>
          <LogDownload logId={logId} fileName={fileName} />
        </span>
      </div>
      <PhaseBar
        phases={phases}
        topLine={topLine}
        folded={folded}
        msAt={(i) => store.line(i)?.ms}
        onFold={fold}
        onGo={(it) => goTo(it.from, 0)}
      />
      <LogLines
        store={store}
        total={log.total}
        folds={folds}
        wrap={wrap}
        follow={follow}
        onLeaveEnd={() => setFollow(false)}
        onTop={setTopLine}
        door={door}
      >
        {(i) => {
          const phase = phases.find((it) => it.from === i)
          return (
            <LogRow
              key={i}
              i={i}
              line={store.line(i)}
              marked={
                (range !== undefined && range.first <= i && i <= range.last) || i === search.current || i === errorLine
              }
              search={search.value.toLowerCase()}
              fold={phase && { folded: folded.has(i), hides: phase.to - phase.from - 1 }}
              onFold={fold}
              onPick={pick}
            />
          )
        }}
      </LogLines>
      <p className={classes.foot}>{footWords(log)}</p>
    </div>
  )
}

function Opening({ error }: { error: unknown }) {
  return (
    <p role="status">
      {error === undefined ? 'Loading the log …' : `${wordRefusal(error).title}: ${wordRefusal(error).text}`}
    </p>
  )
}

const scopeWords = (log: LogSnapshot) =>
  log.loaded >= log.total ? '' : `in the ${wordCount(log.loaded)} lines loaded of ${wordCount(log.total)}`

function footWords(log: LogSnapshot): string {
  const lines = wordNumber(log.total, 'line')
  if (log.error !== undefined) return `${lines} so far; the connection is lost, asking again …`
  return log.done ? `${lines}.` : `${lines} so far; more come while it is written.`
}

function goToError(store: LogStore, show: (line: number) => void): void {
  const line = lastErrorLike(store.loadedLines())
  if (line !== undefined) show(line)
}

/** The lines that the address names, and how a click names others. */
function usePickedLines() {
  const router = useRouter()
  const hash = useLocation({ select: (it) => it.hash })
  const range = useMemo(() => parseLineRange(hash), [hash])
  const anchor = useRef(range?.first)
  const pick = useCallback(
    (line: number, extend: boolean) => {
      const from = extend ? (anchor.current ?? line) : line
      if (!extend) anchor.current = line
      const { pathname, searchStr } = router.state.location
      const named = { first: Math.min(from, line), last: Math.max(from, line) }
      router.history.replace(`${router.history.createHref(pathname)}${searchStr}${showLineRange(named)}`)
    },
    [router],
  )
  return { range, pick }
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
function useStartingPlace({
  store,
  log: { opened, done },
  failed,
  first,
  goTo,
  setFollow,
}: StartProps): number | undefined {
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

type SearchArgs = { store: LogStore; log: LogSnapshot; topLine: number; show: (line: number) => void }

function useSearch({ store, log, topLine, show }: SearchArgs) {
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

function useLogKeys({ onFollow, onWrap }: { onFollow: () => void; onWrap: () => void }): void {
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      if (event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target)) return
      if (event.key === 'f') onFollow()
      if (event.key === 'w') onWrap()
    }
    document.addEventListener('keydown', onKey)
    return () => document.removeEventListener('keydown', onKey)
  }, [onFollow, onWrap])
}

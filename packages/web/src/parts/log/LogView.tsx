import { wordRefusal } from '../../api/refusal.ts'
import { wordNumber } from '../../ui/number-words.ts'
import { LogDownload, LogModes, LogSearch } from './LogBar.tsx'
import { LogLines } from './LogLines.tsx'
import { CutRow, LogRow } from './LogRow.tsx'
import type { LogSnapshot, LogStore } from './log-store.ts'
import classes from './log-view.module.css'
import { PhaseBar } from './PhaseBar.tsx'
import { useLog, useLogSnapshot } from './use-log.ts'
import { type Reading, useReading } from './use-reading.ts'

type Props = { logId: string; fileName: string; failed: boolean }

/** A whole log: windows of it, followed while it is written, from ten lines to millions. */
export function LogView({ logId, fileName, failed }: Props) {
  const store = useLog(logId)
  return store ? <OpenLog key={logId} store={store} logId={logId} fileName={fileName} failed={failed} /> : null
}

function OpenLog({ store, logId, fileName, failed }: Props & { store: LogStore }) {
  const log = useLogSnapshot(store)
  const reading = useReading(store, log, failed)
  if (!log.opened) return <Opening error={log.error} />
  return (
    <div className={classes.view}>
      <div className={classes.bar}>
        <LogSearch {...reading.search} />
        <span className={classes.grow} />
        <span className={classes.group}>
          <LogModes {...reading.modes} onLastError={reading.goToError} />
          <LogDownload logId={logId} fileName={fileName} />
        </span>
      </div>
      <PhaseBar
        phases={reading.phases}
        topLine={reading.topLine}
        folded={reading.folded}
        msAt={(i) => store.line(i)?.ms}
        onFold={reading.fold}
        onGo={(it) => reading.goTo(it.from, 0)}
      />
      <Lines store={store} log={log} reading={reading} logId={logId} />
      <p className={classes.foot}>{footWords(log)}</p>
    </div>
  )
}

function Lines({ store, log, reading, logId }: LinesProps) {
  const { modes, phases, folded, search } = reading
  return (
    <LogLines
      store={store}
      total={log.total}
      folds={reading.folds}
      wrap={modes.wrap}
      follow={modes.follow}
      onLeaveEnd={() => modes.setFollow(false)}
      onTop={reading.setTopLine}
      door={reading.door}
    >
      {(i) => {
        if (log.cut?.from === i) return <CutRow key={i} cut={log.cut} />
        const phase = phases.find((it) => it.from === i)
        return (
          <LogRow
            key={i}
            i={i}
            line={store.line(i)}
            logId={logId}
            marked={reading.isMarked(i)}
            search={search.value.trim().toLowerCase()}
            phase={phase?.name}
            folded={phase && folded.has(i) ? phase.to - phase.from - 1 : undefined}
            onFold={reading.fold}
            onPick={reading.pick}
          />
        )
      }}
    </LogLines>
  )
}

type LinesProps = { store: LogStore; log: LogSnapshot; reading: Reading; logId: string }

function Opening({ error }: { error: unknown }) {
  return (
    <p role="status">
      {error === undefined ? 'Loading the log …' : `${wordRefusal(error).title}: ${wordRefusal(error).text}`}
    </p>
  )
}

function footWords(log: LogSnapshot): string {
  const lines = wordNumber(log.total, 'line')
  if (log.error !== undefined) return `${lines} so far; the connection is lost, asking again …`
  return log.done ? `${lines}.` : `${lines} so far; more come while it is written.`
}

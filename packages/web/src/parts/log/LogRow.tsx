import type { LogCut, LogLine } from '@firn/contract/api/log'
import { leftOutSentence } from '@firn/core/log/bound'
import { memo } from 'react'
import { LineNumber } from '../../ui/LineNumber.tsx'
import { wordCount } from '../../ui/number-words.ts'
import { AnsiText } from './AnsiText.tsx'
import classes from './log-row.module.css'
import { wordOffset } from './offset-words.ts'

type Props = {
  i: number
  line: LogLine | undefined
  logId: string
  marked: boolean
  search: string
  /** The name of the phase that begins here, and how many lines are hidden where it is folded. */
  phase: string | undefined
  folded: number | undefined
  onFold: (line: number) => void
  onPick: (line: number, extend: boolean) => void
}

/** A line of a log: number (a link), time since the log's start, text. */
export const LogRow = memo(function LogRow({ i, line, logId, marked, search, phase, folded, onFold, onPick }: Props) {
  return (
    <div className={classes.row} data-marked={marked || undefined} data-phase={phase !== undefined || undefined}>
      <span className={classes.gutter}>
        {phase !== undefined && (
          <button
            type="button"
            className={classes.fold}
            aria-expanded={folded === undefined}
            aria-label={`Lines of ${phase}`}
            onClick={() => onFold(i)}
          />
        )}
        <LineNumber i={i} className={classes.number} onPick={onPick} />
        <span className={classes.time}>{line && wordOffset(line.ms)}</span>
      </span>
      <code className={classes.text}>
        {line ? (
          <AnsiText text={line.t} search={search} whole={lineAddress(logId, i)} />
        ) : (
          <span className="dim">…</span>
        )}
        {folded !== undefined && <span className="dim"> ({wordCount(folded)} lines folded)</span>}
      </code>
    </div>
  )
})

const lineAddress = (logId: string, i: number) => `/api/v1/firn/logs/${logId}/text?from=${i}&count=1`

/** The place of the lines that are left out of a log longer than the server keeps. */
export function CutRow({ cut }: { cut: LogCut }) {
  return (
    <div className={classes.row} data-cut="">
      <p className={classes.text}>{leftOutSentence({ lines: cut.to - cut.from, chars: cut.chars })}</p>
    </div>
  )
}

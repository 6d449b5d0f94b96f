import type { LogLine } from '@firn/contract/api/log'
import { memo } from 'react'
import { wordCount } from '../../ui/number-words.ts'
import { AnsiText } from './AnsiText.tsx'
import classes from './log-row.module.css'
import { wordOffset } from './offset-words.ts'

type Props = {
  i: number
  line: LogLine | undefined
  marked: boolean
  search: string
  /** Of the phase that begins here: whether it is folded, and how many lines that hides. */
  fold: { folded: boolean; hides: number } | undefined
  onFold: (line: number) => void
  onPick: (line: number, extend: boolean) => void
}

/** A line of a log: number (a link), time since the log's start, text. */
export const LogRow = memo(function LogRow({ i, line, marked, search, fold, onFold, onPick }: Props) {
  return (
    <div className={classes.row} data-marked={marked || undefined} data-phase={line?.phase !== undefined || undefined}>
      <span className={classes.gutter}>
        {fold && (
          <button
            type="button"
            className={classes.fold}
            aria-expanded={!fold.folded}
            aria-label={`Lines of ${line?.phase}`}
            onClick={() => onFold(i)}
          />
        )}
        <a
          href={`#L${i + 1}`}
          tabIndex={-1}
          className={classes.number}
          onClick={(event) => {
            if (event.ctrlKey || event.metaKey) return
            event.preventDefault()
            onPick(i, event.shiftKey)
          }}
        >
          {i + 1}
        </a>
        <span className={classes.time}>{line && wordOffset(line.ms)}</span>
      </span>
      <code className={classes.text}>
        {line ? <AnsiText text={line.t} search={search} /> : <span className="dim">…</span>}
        {fold?.folded && <span className="dim"> ({wordCount(fold.hides)} lines folded)</span>}
      </code>
    </div>
  )
})

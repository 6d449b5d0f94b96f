import { wordDuration } from '@firn/core/status/time-words'
import { wordCount } from '../../ui/number-words.ts'
import { type Phase, phaseAt } from './folds.ts'
import classes from './log-view.module.css'

type Props = {
  phases: readonly Phase[]
  topLine: number
  folded: ReadonlySet<number>
  /** Time since the log's start at a line that is at hand. */
  msAt: (line: number) => number | undefined
  onFold: (from: number) => void
  onGo: (phase: Phase) => void
}

/** The heading that stays: in which phase the first line stands, how long it took, and the way to the others. */
export function PhaseBar({ phases, topLine, folded, msAt, onFold, onGo }: Props) {
  if (phases.length === 0) return null
  const phase = phaseAt(phases, topLine)
  return (
    <div className={classes.phase}>
      {phase && (
        <>
          <button type="button" aria-expanded={!folded.has(phase.from)} onClick={() => onFold(phase.from)}>
            {folded.has(phase.from) ? '▸' : '▾'} {phase.name}
          </button>
          <span className="dim">
            lines {wordCount(phase.from + 1)}–{wordCount(phase.to)}
            {spanWords(msAt(phase.from), msAt(phase.to - 1))}
          </span>
        </>
      )}
      <span className={classes.grow} />
      <select
        aria-label="Go to a phase"
        value={phase?.from ?? ''}
        onChange={(event) => {
          const chosen = phases.find((it) => String(it.from) === event.currentTarget.value)
          if (chosen) onGo(chosen)
        }}
      >
        {!phase && <option value="">phases</option>}
        {phases.map((it) => (
          <option key={it.from} value={it.from}>
            {it.name}
          </option>
        ))}
      </select>
    </div>
  )
}

const spanWords = (from: number | undefined, to: number | undefined) =>
  from === undefined || to === undefined ? '' : ` · ${wordDuration(to - from)}`

import type { State } from './state.ts'
import classes from './state-mark.module.css'

const ring = <circle cx="8" cy="8" r="5.5" fill="none" strokeWidth="1.75" />
const half = <path d="M8 2.5a5.5 5.5 0 0 1 0 11z" className={classes.solid} stroke="none" />

const shapes: Record<State, React.ReactNode> = {
  succeeded: <circle cx="8" cy="8" r="5.5" className={classes.solid} stroke="none" />,
  failed: <path d="m3.5 3.5 9 9m0-9-9 9" strokeWidth="2.5" />,
  failing: (
    <>
      {ring}
      {half}
    </>
  ),
  running: (
    <>
      {ring}
      {half}
    </>
  ),
  waiting: ring,
  cancelled: (
    <>
      {ring}
      <path d="m4.4 11.6 7.2-7.2" strokeWidth="1.75" />
    </>
  ),
  broken: (
    <>
      <path d="M8 2.2 14.3 13.4H1.7z" fill="none" strokeWidth="1.6" />
      <path d="M8 6.2v3.4m0 1.4v1.2" strokeWidth="1.6" />
    </>
  ),
  blocked: <path d="m9.5 1.8-4.6 6.4h6.2l-4.6 6.2m0 0 .4-3.2m-.4 3.2 3-.9" fill="none" strokeWidth="1.6" />,
  ignored: (
    <>
      <path d="m4.5 4.5 7 7m0-7-7 7" strokeWidth="1.5" />
    </>
  ),
  'not run': <circle cx="8" cy="8" r="5.5" fill="none" strokeWidth="1.75" strokeDasharray="1.6 2.7" />,
}

type Props = {
  state: State
  /** Another word for the same state, such as "evaluation error". */
  word?: string | undefined
  /** The word is there for those who listen, but not drawn: rows where it stands in a column of its own. */
  quiet?: boolean
}

/** A state as shape, word and colour. */
export function StateMark({ state, word = state, quiet = false }: Props) {
  const turning = state === 'running' || state === 'failing'
  return (
    <span className={classes.mark} data-state={state} data-quiet={quiet || undefined}>
      <svg viewBox="0 0 16 16" aria-hidden="true" className={turning ? classes.turning : undefined}>
        {shapes[state]}
      </svg>
      <span className={quiet ? 'visually-hidden' : undefined}>{word}</span>
    </span>
  )
}

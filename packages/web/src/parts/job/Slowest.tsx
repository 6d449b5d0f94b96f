import type { JobOverview } from '@firn/contract/api/overview'
import { wordMs } from '@firn/core/status/time-words'
import { Section } from '../../ui/Section.tsx'
import { showPath } from '../names.ts'
import classes from './slowest.module.css'

/** Where the longest took less, the list is folded: nothing to win there. */
const tellingMs = 1000

/** The attributes that took longest to evaluate, as bars beside the longest. */
export function Slowest({ overview: { slowest } }: { overview: JobOverview }) {
  const longest = slowest[0]?.evalMs
  if (longest === undefined) return null
  return (
    <Section title="Slowest to evaluate" aside={`up to ${wordMs(longest)}`}>
      <details open={longest >= tellingMs}>
        <summary className={classes.summary}>the slowest {slowest.length}</summary>
        <ol className={classes.slowest}>
          {slowest.map(({ path, evalMs }) => (
            <li key={showPath(path)}>
              <code>{showPath(path) || 'the whole of it'}</code>
              <span className={classes.axis} aria-hidden="true">
                <span style={{ width: `${Math.max(1, (evalMs / Math.max(1, longest)) * 100)}%` }} />
              </span>
              <span className={classes.ms}>{wordMs(evalMs)}</span>
            </li>
          ))}
        </ol>
      </details>
    </Section>
  )
}

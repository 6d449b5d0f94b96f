import type { JobOverview } from '@firn/contract/api/overview'
import { wordDuration } from '@firn/core/status/time-words'
import { useNow } from '../../api/clock.ts'
import classes from './timeline.module.css'
import { timelineBars } from './timeline.ts'

/** When the job waited, evaluated and built, as bars on one axis. */
export function Timeline({ timeline }: { timeline: JobOverview['timeline'] }) {
  const bars = timelineBars(timeline, useNow())
  return (
    <ul className={classes.timeline}>
      {bars.map((bar) => (
        <li key={bar.name} data-name={bar.name} data-open={bar.open || undefined}>
          <span>{bar.name}</span>
          <span className={classes.axis} aria-hidden="true">
            <span style={{ left: `${bar.from * 100}%`, width: `${Math.max(1, (bar.to - bar.from) * 100)}%` }} />
          </span>
          <span className={classes.ms}>{wordDuration(bar.ms < 1000 ? bar.ms : Math.round(bar.ms / 1000) * 1000)}</span>
        </li>
      ))}
    </ul>
  )
}

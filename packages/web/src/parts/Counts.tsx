import type { BuildCounts } from '@firn/contract/api/job'
import { wordCount } from '../ui/number-words.ts'
import classes from './counts.module.css'
import { allBuilds, endedBuilds } from './jobs.ts'
import { StateMark } from './StateMark.tsx'
import type { State } from './state.ts'

const kinds: readonly (readonly [keyof BuildCounts, State])[] = [
  ['buildFailure', 'failed'],
  ['dependencyFailure', 'blocked'],
  ['building', 'running'],
  ['waiting', 'waiting'],
  ['cancelled', 'cancelled'],
  ['buildSuccess', 'succeeded'],
]

/** How many derivations are in each state; only those that there are. */
export function Counts({ counts }: { counts: BuildCounts }) {
  return (
    <span className={classes.counts}>
      {kinds.map(
        ([key, state]) =>
          counts[key] > 0 && (
            <span key={key} title={`${wordCount(counts[key])} ${state}`} data-kind={state}>
              <StateMark state={state} quiet /> {wordCount(counts[key])}
            </span>
          ),
      )}
    </span>
  )
}

/** How far the builds are, as a bar and in numbers. */
export function BuildProgress({ counts, label }: { counts: BuildCounts; label: string }) {
  const all = allBuilds(counts)
  if (all === 0) return null
  const ended = endedBuilds(counts)
  return (
    <span className={classes.progress}>
      <progress max={all} value={ended} aria-label={label} />
      <span className="dim">
        {wordCount(ended)} of {wordCount(all)}
      </span>
    </span>
  )
}

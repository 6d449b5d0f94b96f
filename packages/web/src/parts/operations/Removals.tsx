import type { Removal } from '@firn/contract/api/operations'
import { Ago } from '../../ui/Ago.tsx'
import { wordNumber, wordSize } from '../../ui/number-words.ts'

const nouns: Record<Removal['what'], readonly [one: string, many: string]> = {
  jobs: ['job with its evaluation and log', 'jobs with their evaluations and logs'],
  builds: ['build that no job has any more', 'builds that no job has any more'],
  failures: ['failure that no job shows any more', 'failures that no job shows any more'],
  logs: ['log by its age', 'logs by their age'],
  agentSessions: ['session of an agent that is gone', 'sessions of agents that are gone'],
}

/** What settings remove, in numbers. */
export function Removals({ removals }: { removals: readonly Removal[] }) {
  const found = removals.filter((removal) => removal.count > 0)
  if (found.length === 0) return <p className="dim">Nothing is old enough to be removed now.</p>
  return (
    <div>
      <p>Once this is saved, these are removed within an hour, for good:</p>
      <ul>
        {found.map(({ what, count, bytes, oldest }) => (
          <li key={what}>
            {wordNumber(count, ...nouns[what])}
            {bytes !== null && `, ${wordSize(bytes)}`}
            {oldest !== null && (
              <>
                , the oldest of <Ago at={oldest} />
              </>
            )}
          </li>
        ))}
      </ul>
    </div>
  )
}

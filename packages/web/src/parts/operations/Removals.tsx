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

/** What settings would remove now, or if they are `saved` soon will. */
export function Removals({ removals, isSaved }: { removals: readonly Removal[]; isSaved: boolean }) {
  const found = removals.filter((removal) => removal.count > 0)
  if (found.length === 0)
    return <p className="dim">{isSaved ? 'Nothing is old enough to be removed now.' : 'This removes nothing now.'}</p>
  return (
    <div>
      <p>{isSaved ? 'Within an hour these are removed:' : 'Once saved, this removes within an hour, for good:'}</p>
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

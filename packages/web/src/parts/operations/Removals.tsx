import type { Removal, Retention } from '@firn/contract/api/operations'
import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { api } from '../../api/client.ts'
import { Ago } from '../../ui/Ago.tsx'
import { wordNumber, wordSize } from '../../ui/number-words.ts'
import { RefusalNote } from '../../ui/RefusalNote.tsx'

const nouns: Record<Removal['what'], string> = {
  jobs: 'job',
  builds: 'build that no job has',
  failures: 'failure that no job shows',
  logs: 'log',
  agentSessions: 'agent session',
}
const many: Partial<Record<Removal['what'], string>> = {
  builds: 'builds that no job has',
  failures: 'failures that no job shows',
}

/** What the settings in the form would remove now. */
export function Removals({
  accountId,
  retention,
  isSaved,
}: {
  accountId: string
  retention: Retention
  isSaved: boolean
}) {
  const input = { id: accountId, ...given(retention) }
  const preview = useQuery(api.firn.previewRetention.queryOptions({ input, placeholderData: keepPreviousData }))
  if (preview.error) return <RefusalNote error={preview.error} />
  const found = (preview.data ?? []).filter((removal) => removal.count > 0)
  return (
    <div role="status">
      {found.length === 0 ? (
        <p className="dim">{isSaved ? 'Nothing is old enough to be removed now.' : 'This would remove nothing now.'}</p>
      ) : (
        <>
          <p>{isSaved ? 'Within an hour these are removed:' : 'Saved, this would remove within an hour:'}</p>
          <ul>
            {found.map((removal) => (
              <li key={removal.what}>
                {wordNumber(removal.count, nouns[removal.what], many[removal.what] ?? `${nouns[removal.what]}s`)}
                {removal.bytes !== null && `, ${wordSize(removal.bytes)}`}
                {removal.oldest !== null && (
                  <>
                    , the oldest <Ago at={removal.oldest} />
                  </>
                )}
              </li>
            ))}
          </ul>
        </>
      )}
    </div>
  )
}

/** What is kept for ever is not asked about. */
function given(retention: Retention): Partial<Record<keyof Retention, number>> {
  return Object.fromEntries(Object.entries(retention).filter(([, days]) => days !== null))
}

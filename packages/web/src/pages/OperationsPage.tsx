import type { Operations } from '@firn/contract/api/operations'
import { wordMs } from '@firn/core/status/time-words'
import { useQuery, useSuspenseQuery } from '@tanstack/react-query'
import { api } from '../api/client.ts'
import { Queue } from '../parts/agents/Queue.tsx'
import { Alerts } from '../parts/operations/Alerts.tsx'
import { FarmTable } from '../parts/operations/FarmTable.tsx'
import { HourOfWork } from '../parts/operations/HourOfWork.tsx'
import { RetentionOfAccount } from '../parts/operations/RetentionOfAccount.tsx'
import { wordCount, wordNumber, wordSize } from '../ui/number-words.ts'
import { Facts, PageHead, Section } from '../ui/Section.tsx'
import { useTitle } from '../ui/title.ts'

/** Figures come anew this often: what changes here is not all announced. */
const everyMs = 5000

/** What is stuck? Is the installation well? */
export function OperationsPage() {
  const it = useSuspenseQuery(api.firn.operations.queryOptions({ refetchInterval: everyMs })).data
  const accounts = useQuery(api.accounts.list.queryOptions({ input: {} })).data ?? []
  useTitle(it.alerts.length > 0 ? `${it.alerts.length} alerts` : 'Operations')
  return (
    <>
      <PageHead title="Operations">
        <p>{sentence(it)}</p>
      </PageHead>
      <Alerts alerts={it.alerts} />
      <FarmTable agents={it.agents} />
      <Queue rows={it.queue} />
      <HourOfWork minutes={it.minutes} />
      <Section title="Volume">
        <Facts facts={factsOf(it)} />
      </Section>
      {accounts.map((account) => (
        <RetentionOfAccount key={account.id} account={account} />
      ))}
    </>
  )
}

function factsOf({ dispatch, databaseBytes, logs }: Operations) {
  return [
    [
      'Dispatch',
      dispatch === null
        ? 'nothing was given to an agent in the last ten minutes'
        : `half of all tasks were given to an agent within ${wordMs(dispatch.p50Ms)} of being ready, 99 of 100 within ${wordMs(dispatch.p99Ms)}`,
    ],
    ['Database', wordSize(databaseBytes)],
    [
      'Logs',
      `${wordNumber(logs.logs, 'log')} with ${wordCount(logs.lines)} lines, ${wordSize(logs.bytes)} as they are kept`,
    ],
  ] as const
}

function sentence({ alerts, agents, queue }: Operations): string {
  const online = agents.filter((agent) => agent.online).length
  const waiting = queue.reduce((sum, row) => sum + row.waiting, 0)
  const farm = `${wordNumber(online, 'agent')} online, ${wordNumber(waiting, 'task')} waiting.`
  return alerts.length === 0 ? `Nothing is stuck. ${farm}` : `${wordNumber(alerts.length, 'alert')}. ${farm}`
}

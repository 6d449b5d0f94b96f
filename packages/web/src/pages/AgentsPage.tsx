import type { AgentSession } from '@firn/contract/api/agents'
import { useSuspenseQuery } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import { api } from '../api/client.ts'
import { useVisitor } from '../api/use-visitor.ts'
import { AddAgent, AddAgentUnsigned } from '../parts/agents/AddAgent.tsx'
import { AgentRow } from '../parts/agents/AgentRow.tsx'
import { Queue } from '../parts/agents/Queue.tsx'
import { Tokens } from '../parts/agents/Tokens.tsx'
import { EmptyPage } from '../ui/EmptyPage.tsx'
import { wordNumber } from '../ui/number-words.ts'
import { PageHead, Section } from '../ui/Section.tsx'
import { useTitle } from '../ui/title.ts'
import { VirtualList } from '../ui/VirtualList.tsx'

const route = getRouteApi('/accounts/$site/$account/agents')

/** Is the farm healthy? Why is mine idle? */
export function AgentsPage() {
  const at = route.useParams()
  const { id } = useSuspenseQuery(api.accounts.bySite.queryOptions({ input: at })).data
  const agents = useSuspenseQuery(api.agents.sessions.queryOptions({ input: { id } })).data
  const queue = useSuspenseQuery(api.firn.queue.queryOptions({ input: { id } })).data
  const mayWrite = useVisitor()?.mayWrite
  useTitle('Agents')
  const sorted = agents.toSorted((a, b) => Number(b.online) - Number(a.online) || a.hostname.localeCompare(b.hostname))
  return (
    <>
      <PageHead title="Agents">
        <p>{sentence(agents)}</p>
      </PageHead>
      <Queue rows={queue} />
      <Section title="Farm" aside={agents.length > 0 && `${wordNumber(slotsOf(agents), 'slot')} online`}>
        {agents.length === 0 ? (
          <EmptyPage title="No agent yet">
            Nothing can be evaluated or built before one has joined. Add one below.
          </EmptyPage>
        ) : (
          <VirtualList label="Agents" items={sorted} keyOf={(agent) => agent.id} estimatePx={110}>
            {(agent) => <AgentRow agent={agent} />}
          </VirtualList>
        )}
      </Section>
      {mayWrite === false ? <AddAgentUnsigned /> : <AddAgent accountId={id} />}
      {mayWrite && <Tokens accountId={id} agents={agents} />}
    </>
  )
}

const slotsOf = (agents: readonly AgentSession[]) =>
  agents.filter((it) => it.online).reduce((sum, it) => sum + it.concurrentTasks, 0)

function sentence(agents: readonly AgentSession[]): string {
  const online = agents.filter((it) => it.online)
  const busy = online.filter((it) => it.tasks.length > 0).length
  if (agents.length === 0) return 'No agent has joined.'
  if (online.length === 0) return 'No agent is online: what is queued waits.'
  return `${online.length} of ${wordNumber(agents.length, 'agent')} ${online.length === 1 ? 'is' : 'are'} online, ${busy} busy.`
}

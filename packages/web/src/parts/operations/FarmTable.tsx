import type { FarmAgent } from '@firn/contract/api/operations'
import { pages } from '@firn/contract/paths'
import { Ago } from '../../ui/Ago.tsx'
import { PageLink } from '../../ui/PageLink.tsx'
import { Section } from '../../ui/Section.tsx'
import { StateMark } from '../StateMark.tsx'
import type { State } from '../state.ts'
import classes from './farm-table.module.css'

/** A row an agent; more of each is on the agents page of its account. */
export function FarmTable({ agents }: { agents: readonly FarmAgent[] }) {
  const online = agents.filter((agent) => agent.online)
  const slots = online.reduce((sum, agent) => sum + agent.slots, 0)
  const busy = online.reduce((sum, agent) => sum + agent.busy, 0)
  return (
    <Section title="Agents" aside={slots > 0 && `${busy} of ${slots} slots busy`}>
      {agents.length === 0 ? (
        <p>No agent was heard of in the last day: nothing can be evaluated or built.</p>
      ) : (
        <ul className={classes.farm}>
          {agents.map((agent) => (
            <li key={agent.id}>
              <StateMark {...markOf(agent)} />
              <PageLink to={pages.agents(agent.at)} data-row="">
                {agent.hostname}
              </PageLink>
              <span>{`${agent.busy} of ${agent.slots} ${agent.slots === 1 ? 'slot' : 'slots'}`}</span>
              <span className="dim">
                {agent.platforms.join(', ')}
                {agent.refuses !== null && `. Takes no work: ${agent.refuses}.`}
              </span>
              <span className="dim">{agent.online ? '' : <Ago at={agent.lastSeen} />}</span>
            </li>
          ))}
        </ul>
      )}
    </Section>
  )
}

function markOf({ online, busy, refuses }: FarmAgent): { state: State; word: string } {
  if (!online) return { state: 'cancelled', word: 'offline' }
  if (refuses !== null) return { state: 'broken', word: 'no work' }
  return busy > 0 ? { state: 'running', word: 'busy' } : { state: 'succeeded', word: 'idle' }
}

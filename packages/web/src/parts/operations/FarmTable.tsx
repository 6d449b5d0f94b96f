import type { FarmAgent } from '@firn/contract/api/operations'
import { pages } from '@firn/contract/paths'
import { Ago } from '../../ui/Ago.tsx'
import { PageLink } from '../../ui/PageLink.tsx'
import { Section } from '../../ui/Section.tsx'
import { StateMark } from '../StateMark.tsx'
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
              <StateMark
                state={agent.online ? (agent.busy > 0 ? 'running' : 'succeeded') : 'cancelled'}
                word={agent.online ? (agent.busy > 0 ? 'busy' : 'idle') : 'offline'}
              />
              <PageLink to={pages.agents(agent.at)} data-row="">
                {agent.hostname}
              </PageLink>
              <span>{`${agent.busy} of ${agent.slots} ${agent.slots === 1 ? 'slot' : 'slots'}`}</span>
              <span className="dim">{agent.platforms.join(', ')}</span>
              <span className="dim">{agent.online ? '' : <Ago at={agent.lastSeen} />}</span>
            </li>
          ))}
        </ul>
      )}
    </Section>
  )
}

import type { AgentSession } from '@firn/contract/api/agents'
import { Ago, Elapsed } from '../../ui/Ago.tsx'
import { PageLink } from '../../ui/PageLink.tsx'
import { readStorePath } from '../names.ts'
import { StateMark } from '../StateMark.tsx'
import classes from './agent-row.module.css'
import { loadWords } from './load-words.ts'

/** An agent: who it is, what it offers, and its slots, each a link to what runs in it. */
export function AgentRow({ agent }: { agent: AgentSession }) {
  const labels = Object.entries(agent.labels)
  return (
    <article className={classes.row} data-offline={!agent.online || undefined}>
      <div className={classes.who}>
        <h3>{agent.hostname}</h3>
        <StateMark state={agent.online ? 'succeeded' : 'cancelled'} word={agent.online ? 'online' : 'offline'} />
        {!agent.online && agent.lastSeen && (
          <span className="dim">
            seen <Ago at={agent.lastSeen} />
          </span>
        )}
        {agent.revocation && (
          <span className="dim">
            {agent.online ? 'join token ' : ''}revoked <Ago at={agent.revocation} />
          </span>
        )}
      </div>
      <div className={classes.offers}>
        <div>
          {agent.platforms.join(', ')}
          {agent.systemFeatures.length > 0 && <span className="dim"> · {agent.systemFeatures.join(', ')}</span>}
        </div>
        <div className="dim">
          {agent.agentVersion}, Nix {agent.nixVersion}
          {labels.map(([name, value]) => ` · ${name}: ${typeof value === 'string' ? value : JSON.stringify(value)}`)}
        </div>
        <div>{agent.because}</div>
        {agent.load && <div className="dim">{loadWords(agent.load)}</div>}
      </div>
      <Slots agent={agent} />
    </article>
  )
}

function Slots({ agent }: { agent: AgentSession }) {
  const free = Math.max(0, agent.concurrentTasks - agent.tasks.length)
  const next = agent.tasks.length - agent.concurrentTasks
  return (
    <ul className={classes.slots} aria-label={`Slots of ${agent.hostname}`}>
      {agent.tasks.slice(0, agent.concurrentTasks).map((task) => (
        <li key={task.id} className={classes.busy}>
          <PageLink to={task.href} data-row="" title={task.label}>
            {task.kind} {readStorePath(task.label).name}
          </PageLink>
          <span>
            <Elapsed from={task.since} to={null} />
          </span>
        </li>
      ))}
      {next > 0 && <li className={classes.next}>{next} more, each begun when one before it ends</li>}
      {agent.online && free > 0 && (
        <li className={classes.free}>
          {Array.from({ length: Math.min(free, 12) }, (_, i) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: free slots are all alike
            <span key={i} aria-hidden="true" />
          ))}
          {free} free
        </li>
      )}
    </ul>
  )
}

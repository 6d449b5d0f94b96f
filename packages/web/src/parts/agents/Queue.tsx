import type { QueueRow } from '@firn/contract/api/agents'
import { Ago } from '../../ui/Ago.tsx'
import { wordNumber } from '../../ui/number-words.ts'
import { Section } from '../../ui/Section.tsx'
import { StateMark } from '../StateMark.tsx'
import classes from './queue.module.css'

/** What waits for an agent, by platform, with the oldest and its reason. */
export function Queue({ rows }: { rows: readonly QueueRow[] }) {
  if (rows.length === 0) return null
  return (
    <Section title="Queue">
      <ul className={classes.queue}>
        {rows.map((row) => (
          <li key={`${row.platform} ${row.requiredSystemFeatures.join(' ')}`}>
            <StateMark state="waiting" word={`${wordNumber(row.waiting, 'task')}`} />
            <span>
              {row.platform}
              {row.requiredSystemFeatures.length > 0 && (
                <span className="dim"> with {row.requiredSystemFeatures.join(', ')}</span>
              )}
            </span>
            <span>{row.because}</span>
            <span className="dim">
              oldest <Ago at={row.oldest} />
            </span>
          </li>
        ))}
      </ul>
    </Section>
  )
}

import type { Message } from '@firn/contract/agent/evaluate-event'
import type { JobOverview } from '@firn/contract/api/overview'
import { wordCount, wordNumber } from '../../ui/number-words.ts'
import { Section } from '../../ui/Section.tsx'
import { showPath } from '../names.ts'
import { StateMark } from '../StateMark.tsx'
import { groupMessages, type MessageGroup } from './message-groups.ts'
import classes from './messages.module.css'
import { NixText } from './NixError.tsx'

/** So many are drawn; the evaluation log has them all. */
const drawnMax = 100

/** What was said besides the attributes, with the attribute it was said of: errors open, traces folded. */
export function Messages({ overview: { messages } }: { overview: JobOverview }) {
  if (messages.length === 0) return null
  const ofType = (typ: Message['typ']) => messages.filter((it) => it.typ === typ)
  const [errors, traces] = [ofType('Error'), ofType('Trace')]
  const counts = [
    errors.length > 0 && wordNumber(errors.length, 'error'),
    traces.length > 0 && wordNumber(traces.length, 'trace'),
  ]
  return (
    <Section title="Messages of the evaluation" aside={counts.filter((it) => it !== false).join(', ')}>
      <Groups groups={groupMessages(errors)} />
      {traces.length > 0 && (
        <details>
          <summary className={classes.summary}>{wordNumber(traces.length, 'trace')}</summary>
          <Groups groups={groupMessages(traces)} />
        </details>
      )}
    </Section>
  )
}

function Groups({ groups }: { groups: readonly MessageGroup[] }) {
  if (groups.length === 0) return null
  return (
    <ul className={classes.messages}>
      {groups.slice(0, drawnMax).map((group) => (
        <li key={group.key} data-typ={group.typ}>
          <p className={classes.head}>
            {group.typ === 'Error' ? <StateMark state="failed" word="error" /> : <span className="dim">trace</span>}
            {group.path ? (
              <code>{showPath(group.path) || 'the whole of it'}</code>
            ) : (
              <span className="dim">of no one attribute</span>
            )}
          </p>
          <NixText text={group.text} label={group.typ === 'Error' ? 'error' : 'trace'} />
        </li>
      ))}
      {groups.length > drawnMax && (
        <li className="dim">{wordCount(groups.length - drawnMax)} more are in the evaluation log.</li>
      )}
    </ul>
  )
}

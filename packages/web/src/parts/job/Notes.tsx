import type { JobOverview } from '@firn/contract/api/overview'
import { pages } from '@firn/contract/paths'
import { wordNumber } from '../../ui/number-words.ts'
import { PageLink } from '../../ui/PageLink.tsx'
import { Section } from '../../ui/Section.tsx'
import { shown } from '../names.ts'
import { StateMark } from '../StateMark.tsx'
import { DerivationLink } from '../StoreName.tsx'
import { Message } from './Attention.tsx'
import classes from './notes.module.css'
import { wordWhen } from './when-words.ts'

type At = { site: string; account: string }

/** Why what waits does so, and which agents are missing. */
export function Waiting({ at, overview }: { at: At; overview: JobOverview }) {
  const { waiting, imports, unmetAgentRequirements: unmet } = overview
  if (waiting.length + imports.length + unmet.length === 0) return null
  return (
    <Section title="Waits" aside={unmet.length > 0 && <PageLink to={pages.agents(at)}>Add an agent</PageLink>}>
      <ul className={classes.notes}>
        {waiting.map((because) => (
          <li key={because}>
            <StateMark state="waiting" quiet /> <span>{because}</span>
          </li>
        ))}
        {imports.map((it) => (
          <li key={`${it.derivationPath} ${it.outputName}`}>
            <StateMark state="waiting" quiet />
            <span>
              Evaluation needs <DerivationLink at={at} drv={it.derivationPath} viaJob={overview.job.id} /> for{' '}
              {wordNumber(it.attributes.length, 'attribute')}: {shown(it.because)}
            </span>
          </li>
        ))}
        {unmet.map((it) => (
          <li key={`${it.platform} ${it.requiredSystemFeatures.join(' ')}`}>
            <StateMark state="waiting" quiet />
            <span>
              No agent that is online offers <code>{it.platform}</code>
              {it.requiredSystemFeatures.length > 0 && (
                <>
                  {' '}
                  with <code>{it.requiredSystemFeatures.join(', ')}</code>
                </>
              )}
              .
            </span>
          </li>
        ))}
      </ul>
    </Section>
  )
}

/** Effects and schedules: there they are, and they did not run. */
export function NotRun({ overview: { notRun } }: { overview: JobOverview }) {
  if (notRun.length === 0) return null
  return (
    <Section title="Not run by this version">
      <ul className={classes.notes}>
        {notRun.map((it) => (
          <li key={`${it.what} ${it.name}`}>
            <StateMark state="not run" quiet />
            <span>
              {it.what} <code>{it.name}</code>
            </span>
          </li>
        ))}
      </ul>
      <p className="dim">Firn lists effects and schedules already; running them comes with a later version.</p>
    </Section>
  )
}

/** What the configuration of the commit declares. */
export function Declared({ overview: { handlers, job } }: { overview: JobOverview }) {
  const none = handlers.onPush.length + handlers.onSchedule.length === 0
  if (job.jobType !== 'Config' || (none && job.jobPhase !== 'Done')) return null
  return (
    <Section title="Declared by this commit">
      {none && (
        <p className="dim">
          {job.jobStatus === 'Failure'
            ? 'The configuration could not be read.'
            : 'No jobs: the configuration says onPush = { } and has no schedule. That is green, with nothing to build.'}
        </p>
      )}
      <ul className={classes.notes}>
        {handlers.onPush.map((it) => (
          <li key={`push ${it.name}`}>
            <span>
              on push <code>{it.name}</code>
            </span>
          </li>
        ))}
        {handlers.onSchedule.map((it) => (
          <li key={`schedule ${it.name}`}>
            <StateMark state="not run" quiet />
            <span>
              on schedule <code>{it.name}</code>, {wordWhen(it.when)}{' '}
              <span className="dim">(not run by this version)</span>
            </span>
          </li>
        ))}
      </ul>
    </Section>
  )
}

/** What Nix said besides: warnings, traces. Errors are open. */
export function Messages({ overview: { messages } }: { overview: JobOverview }) {
  if (messages.length === 0) return null
  const errors = messages.filter((it) => it.typ === 'Error')
  const text = messages.map((it) => it.message).join('\n')
  return (
    <Section title="Messages of the evaluation">
      <details open={errors.length > 0}>
        <summary className={classes.summary}>
          {messages.length === 1 ? '1 message' : `${messages.length} messages`}
        </summary>
        <Message text={text} label="Messages of the evaluation" />
      </details>
    </Section>
  )
}

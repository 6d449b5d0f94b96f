import type { JobOverview } from '@firn/contract/api/overview'
import { pages } from '@firn/contract/paths'
import { PageLink } from '../../ui/PageLink.tsx'
import { Section } from '../../ui/Section.tsx'
import { StateMark } from '../StateMark.tsx'
import classes from './notes.module.css'
import { wordWhen } from './when-words.ts'

type At = { site: string; account: string }

/** Why what waits does so; where an agent is missing, the way to add one. */
export function Waiting({ at, overview }: { at: At; overview: JobOverview }) {
  const { waiting, unmetAgentRequirements: unmet } = overview
  if (waiting.length === 0) return null
  return (
    <Section title="Waits" aside={unmet.length > 0 && <PageLink to={pages.agents(at)}>Add an agent</PageLink>}>
      <ul className={classes.notes}>
        {waiting.map((because) => (
          <li key={because}>
            <StateMark state="waiting" quiet /> <span>{because}</span>
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

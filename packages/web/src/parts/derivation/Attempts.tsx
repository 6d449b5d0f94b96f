import type { DerivationDetail } from '@firn/contract/api/derivation'
import { pages } from '@firn/contract/paths'
import { Ago, Elapsed } from '../../ui/Ago.tsx'
import { PageLink } from '../../ui/PageLink.tsx'
import { Section } from '../../ui/Section.tsx'
import { type Attempt, readAttempts } from '../attempts.ts'
import { shown } from '../names.ts'
import { StateMark } from '../StateMark.tsx'
import classes from './attempts.module.css'

type At = { site: string; account: string }
type Props = { at: At; derivation: DerivationDetail; viaJob: string | undefined }

/** Each attempt with its agent, outcome, duration and log, newest first. */
export function Attempts({ at, derivation, viaJob }: Props) {
  const attempts = readAttempts(derivation.events)
  if (attempts.length === 0) return null
  const broken = attempts.filter((it) => it.state === 'broken').length
  return (
    <Section
      title="Attempts"
      aside={attempts.length > 1 && `${attempts.length}${broken > 0 ? `, ${broken} broken` : ''}`}
    >
      <ol className={classes.attempts} aria-label="Attempts, newest first">
        {attempts.map((attempt) => (
          <Row key={attempt.number} attempt={attempt} logPage={logOf(attempt, { at, derivation, viaJob })} />
        ))}
      </ol>
    </Section>
  )
}

function Row({ attempt, logPage }: { attempt: Attempt; logPage: string | undefined }) {
  const { number, state, agent, note, why, queuedAt, startedAt, endedAt } = attempt
  return (
    <li>
      <span className="dim">{number}</span>
      <StateMark state={state} />
      <span className={classes.agent}>{agent ? shown(agent) : <span className="dim">no agent</span>}</span>
      <span className={classes.took}>{startedAt && <Elapsed from={startedAt} to={endedAt ?? null} />}</span>
      <span className={classes.ago}>
        {startedAt ? <Ago at={startedAt} /> : queuedAt && <>queued {<Ago at={queuedAt} />}</>}
      </span>
      <span className={classes.log}>{logPage && <PageLink to={logPage}>log</PageLink>}</span>
      {(note || why) && (
        <span className={classes.words}>
          {note && <span className={classes.note}>{shown(note)}</span>}{' '}
          {why && <span className="dim">{shown(why)}</span>}
        </span>
      )}
    </li>
  )
}

/** The newest log is the derivation's; an older one is named. */
function logOf({ logId }: Attempt, { at, derivation, viaJob }: Props): string | undefined {
  if (!logId) return undefined
  const page = pages.derivationLog(at, derivation.derivationPath, viaJob)
  if (logId === derivation.logId) return page
  return `${page}${page.includes('?') ? '&' : '?'}log=${logId}`
}

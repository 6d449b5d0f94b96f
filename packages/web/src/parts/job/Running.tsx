import type { JobOverview, RunningBuild } from '@firn/contract/api/overview'
import { pages } from '@firn/contract/paths'
import { wordDuration } from '@firn/core/status/time-words'
import { useNow } from '../../api/clock.ts'
import { Ago } from '../../ui/Ago.tsx'
import { wordNumber } from '../../ui/number-words.ts'
import { PageLink } from '../../ui/PageLink.tsx'
import { Section } from '../../ui/Section.tsx'
import { StateMark } from '../StateMark.tsx'
import { DerivationLink } from '../StoreName.tsx'
import classes from './running.module.css'

type At = { site: string; account: string }

/** What builds now: elapsed against expected, and on which agent. */
export function Running({ at, overview: { running, job } }: { at: At; overview: JobOverview }) {
  if (running.length === 0) return null
  return (
    <Section title="Runs now" aside={wordNumber(running.length, 'build')}>
      <ul className={classes.running}>
        {running.map((build) => (
          <li key={build.derivationPath}>
            <StateMark state="running" quiet />
            <DerivationLink at={at} drv={build.derivationPath} viaJob={job.id} row />
            <span className="dim">
              {build.agentHostname}
              {build.silentSince && (
                <>
                  , last heard of <Ago at={build.silentSince} />
                </>
              )}
            </span>
            <Expected build={build} />
            <span className={classes.log}>
              {build.logId && <PageLink to={pages.derivationLog(at, build.derivationPath, job.id)}>live log</PageLink>}
            </span>
          </li>
        ))}
      </ul>
    </Section>
  )
}

function Expected({ build: { startedAt, expectedMs, derivationPath } }: { build: RunningBuild }) {
  const elapsed = Math.max(0, Math.floor((useNow() - Date.parse(startedAt)) / 1000) * 1000)
  if (expectedMs === null) return <span className={classes.time}>{wordDuration(elapsed)}</span>
  const late = elapsed > expectedMs
  return (
    <span className={classes.time}>
      <progress max={expectedMs} value={Math.min(elapsed, expectedMs)} aria-label={`Progress of ${derivationPath}`} />
      {wordDuration(elapsed)}{' '}
      <span className="dim">
        {late ? 'longer than usual:' : 'of about'} {wordDuration(expectedMs)}
      </span>
    </span>
  )
}

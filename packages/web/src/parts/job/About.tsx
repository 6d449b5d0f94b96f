import type { Job } from '@firn/contract/api/job'
import type { JobOverview } from '@firn/contract/api/overview'
import { pages } from '@firn/contract/paths'
import type { ReactNode } from 'react'
import { Ago } from '../../ui/Ago.tsx'
import { PageLink } from '../../ui/PageLink.tsx'
import { Facts, Section } from '../../ui/Section.tsx'

type At = { site: string; account: string; project: string }
type Fact = readonly [name: string, value: ReactNode]

const kinds: Record<Job['jobType'], string> = {
  Config: 'configuration',
  Legacy: 'legacy (no herculesCI)',
  OnPush: 'on push',
  OnSchedule: 'on schedule',
}

/** What kind of job it is, where its evaluation comes from, and where that is written. */
export function About({ at, overview }: { at: At; overview: JobOverview }) {
  const { job } = overview
  const facts: Fact[] = [
    ['Kind', kinds[job.jobType]],
    ['Started', <Ago key="ago" at={job.startTime} />],
    ...evaluationFacts(at, overview),
    [
      'Builds',
      <PageLink key="logs" to={pages.jobLogs(at, job.index)}>
        search their logs
      </PageLink>,
    ],
  ]
  if (job.rerunOfIndex !== null) {
    const of = <PageLink to={pages.job(at, job.rerunOfIndex)}>#{job.rerunOfIndex}</PageLink>
    facts.push(['Rerun of', of])
  }
  return (
    <Section title="About">
      <Facts facts={facts} />
    </Section>
  )
}

function evaluationFacts(at: At, { job, evaluationAgent, evaluationLogId, reusedFrom }: JobOverview): Fact[] {
  const facts: Fact[] = []
  if (reusedFrom) {
    const from = <PageLink to={pages.job(at, reusedFrom.index)}>job #{reusedFrom.index}</PageLink>
    facts.push(['Evaluation', <p key="reused">evaluation of {from} used again</p>])
  } else facts.push(['Evaluated by', evaluationAgent ?? 'no agent yet'])
  if (evaluationLogId) {
    const log = <PageLink to={pages.evaluationLog(at, job.index)}>evaluation log</PageLink>
    facts.push(['Log', log])
  }
  return facts
}

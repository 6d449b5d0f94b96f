import type { Job } from '@firn/contract/api/job'
import type { JobOverview } from '@firn/contract/api/overview'
import { pages } from '@firn/contract/paths'
import { useSuspenseQuery } from '@tanstack/react-query'
import { getRouteApi, useNavigate } from '@tanstack/react-router'
import { api } from '../api/client.ts'
import { useJobAt } from '../api/use-job.ts'
import { Attributes, type Filter } from '../parts/attributes/Attributes.tsx'
import { SourceFacts } from '../parts/CommitRow.tsx'
import { BuildProgress, Counts } from '../parts/Counts.tsx'
import { AboutCommit } from '../parts/files/PositionLink.tsx'
import { About } from '../parts/job/About.tsx'
import { Attention } from '../parts/job/Attention.tsx'
import { Bump } from '../parts/job/Bump.tsx'
import { Cancel } from '../parts/job/Cancel.tsx'
import { ExtraInputs } from '../parts/job/ExtraInputs.tsx'
import { Imports } from '../parts/job/Imports.tsx'
import { Messages } from '../parts/job/Messages.tsx'
import { Declared, NotRun, Waiting } from '../parts/job/Notes.tsx'
import { Rerun } from '../parts/job/Rerun.tsx'
import { Running } from '../parts/job/Running.tsx'
import { Slowest } from '../parts/job/Slowest.tsx'
import { Timeline } from '../parts/job/Timeline.tsx'
import { jobName } from '../parts/jobs.ts'
import { firstLine, shown } from '../parts/names.ts'
import { StateMark } from '../parts/StateMark.tsx'
import { isUnderWay, jobState } from '../parts/state.ts'
import { Elapsed } from '../ui/Ago.tsx'
import { PageLink } from '../ui/PageLink.tsx'
import { PageHead, Section } from '../ui/Section.tsx'
import { useTitle } from '../ui/title.ts'
import classes from './job.module.css'

const route = getRouteApi('/$site/$account/$project/jobs/$index')
type At = { site: string; account: string; project: string }

/** Did it pass? If not, what is it, and where? */
export function JobPage() {
  const { index, ...at } = route.useParams()
  const { id } = useJobAt(at, index)
  const overview = useSuspenseQuery(api.firn.jobOverview.queryOptions({ input: { id } })).data
  const { job } = overview
  useTitle(`#${job.index} ${jobState(job)} · ${overview.project.displayName}`)
  return (
    <>
      <Head at={at} overview={overview} />
      <div className={classes.columns}>
        <div className={classes.main}>
          <AboutCommit commit={{ project: overview.project, rev: job.source.revision }}>
            <Attention at={at} overview={overview} />
            <Imports at={at} overview={overview} />
            <Waiting at={at} overview={overview} />
            <Running at={at} overview={overview} />
            <NotRun overview={overview} />
            <Declared overview={overview} />
            <Messages overview={overview} />
            {job.jobType !== 'Config' && <FilteredAttributes at={at} job={job} />}
          </AboutCommit>
        </div>
        <aside className={classes.aside} aria-label="About this job">
          <Section title="Timeline">
            <Timeline timeline={overview.timeline} />
          </Section>
          <About at={at} overview={overview} />
          <ExtraInputs at={at} extraInputs={job.extraInputs} />
          <Slowest overview={overview} />
          <Siblings at={at} siblings={overview.siblings} />
        </aside>
      </div>
    </>
  )
}

function Head({ at, overview: { job, compareWith } }: { at: At; overview: JobOverview }) {
  const state = jobState(job)
  return (
    <PageHead
      title={
        <>
          {jobName(job)} <span className="dim">#{job.index}</span>
        </>
      }
      actions={
        <>
          <Bump job={job} />
          <Cancel job={job} />
          <Rerun at={at} job={job} />
        </>
      }
    >
      <p className={classes.sentence}>
        <span role="status">
          <StateMark state={state} />
        </span>{' '}
        <span>{shown(job.because)}</span>
      </p>
      <p className={classes.counts}>
        {isUnderWay(state) && <BuildProgress counts={job.counts} label="Builds" />}
        <Counts counts={job.counts} />
        <span className="dim">
          <Elapsed from={job.startTime} to={job.endTime} />
        </span>
        {compareWith && (
          <PageLink to={pages.compare(at, job.index, compareWith.jobId)}>compare with #{compareWith.index}</PageLink>
        )}
      </p>
      <div>
        <PageLink to={pages.commit(at, job.source.revision)}>{firstLine(job.source.message)}</PageLink>
        <SourceFacts at={at} source={job.source} since={job.startTime} />
      </div>
    </PageHead>
  )
}

function FilteredAttributes({ at, job }: { at: At; job: Job }) {
  const filter = route.useSearch()
  const navigate = useNavigate()
  const onFilter = (search: Filter) => {
    navigate({ to: '.', search, replace: true, resetScroll: false }).catch(() => {})
  }
  return (
    <Attributes
      key={job.id}
      at={at}
      jobId={job.id}
      filter={filter}
      onFilter={onFilter}
      emptyBecause={emptyWords(job)}
    />
  )
}

function emptyWords(job: Job): string {
  if (job.jobPhase === 'Queued' || job.jobPhase === 'Evaluating')
    return 'None so far: they appear here as the evaluation finds them.'
  return job.evaluationStatus === 'Failure'
    ? 'None: the evaluation failed before it found any.'
    : 'The outputs have none.'
}

function Siblings({ at, siblings }: { at: At; siblings: readonly Job[] }) {
  if (siblings.length === 0) return null
  return (
    <Section title="Same push">
      <ul className={classes.siblings}>
        {siblings.map((job) => (
          <li key={job.id}>
            <StateMark state={jobState(job)} quiet />
            <PageLink to={pages.job(at, job.index)}>
              {jobName(job)} <span className="dim">#{job.index}</span>
            </PageLink>
          </li>
        ))}
      </ul>
    </Section>
  )
}

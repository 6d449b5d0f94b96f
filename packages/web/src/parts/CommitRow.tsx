import type { Job } from '@firn/contract/api/job'
import { pages } from '@firn/contract/paths'
import { Ago } from '../ui/Ago.tsx'
import { CopyText } from '../ui/CopyText.tsx'
import { PageLink } from '../ui/PageLink.tsx'
import classes from './commit-row.module.css'
import { JobRow } from './JobRow.tsx'
import { type CommitGroup, usualMs } from './jobs.ts'
import { firstLine, shortRef, shortRev } from './names.ts'

type Props = {
  at: { site: string; account: string; project: string }
  group: CommitGroup
  /** All jobs at hand, to say what is usual. */
  among: readonly Job[]
}

/** A commit with its jobs. */
export function CommitRow({ at, group, among }: Props) {
  const { source, jobs } = group
  return (
    <article className={classes.commit}>
      <div className={classes.head}>
        <h3 className={classes.message}>
          <PageLink to={pages.commit(at, source.revision)}>{firstLine(source.message)}</PageLink>
        </h3>
        <SourceFacts at={at} source={source} since={jobs[0]?.startTime} />
      </div>
      {jobs.map((job) => (
        <JobRow key={job.id} at={at} job={job} usual={usualMs(job, among)} />
      ))}
    </article>
  )
}

/** Where a job comes from: ref, commit, person, when. */
export function SourceFacts({
  at,
  source,
  since,
}: {
  at: Props['at']
  source: Job['source']
  since: string | undefined
}) {
  return (
    <div className={classes.facts}>
      <PageLink to={`${pages.project(at)}?ref=${encodeURIComponent(source.ref)}`} className={classes.ref}>
        {shortRef(source.ref)}
      </PageLink>
      <CopyText text={source.revision} label={`commit ${source.revision}`}>
        <code>{shortRev(source.revision)}</code>
      </CopyText>
      <span>{source.gitCommitterName}</span>
      {since && <Ago at={since} />}
    </div>
  )
}

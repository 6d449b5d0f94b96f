import type { Job } from '@firn/contract/api/job'
import { pages } from '@firn/contract/paths'
import { wordDuration } from '@firn/core/status/time-words'
import { Elapsed } from '../ui/Ago.tsx'
import { PageLink } from '../ui/PageLink.tsx'
import { BuildProgress, Counts } from './Counts.tsx'
import classes from './job-row.module.css'
import { jobName } from './jobs.ts'
import { shown } from './names.ts'
import { StateMark } from './StateMark.tsx'
import { isUnderWay, jobState } from './state.ts'

type Props = { at: { site: string; account: string; project: string }; job: Job; usual?: number | undefined }

/** One job as a row: state, name, why, counts, duration against the usual. */
export function JobRow({ at, job, usual }: Props) {
  const state = jobState(job)
  return (
    <div className={classes.row}>
      <div className={classes.state}>
        <StateMark state={state} />
      </div>
      <div className={classes.name}>
        <PageLink to={pages.job(at, job.index)} data-row="">
          {jobName(job)} <span className="dim">#{job.index}</span>
        </PageLink>
      </div>
      <div className={classes.because}>{shown(job.because)}</div>
      <div className={classes.counts}>
        {isUnderWay(state) ? (
          <BuildProgress counts={job.counts} label={`Builds of job ${job.index}`} />
        ) : (
          <Counts counts={job.counts} />
        )}
      </div>
      <div className={classes.duration}>
        <Elapsed from={job.startTime} to={job.endTime} />
        {usual !== undefined && <span className="dim">, usually {wordDuration(Math.round(usual / 1000) * 1000)}</span>}
      </div>
    </div>
  )
}

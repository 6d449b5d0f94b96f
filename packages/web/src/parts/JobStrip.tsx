import type { Job } from '@firn/contract/api/job'
import type { Project } from '@firn/contract/api/project'
import { pages } from '@firn/contract/paths'
import { wordDuration } from '@firn/core/status/time-words'
import { PageLink } from '../ui/PageLink.tsx'
import { addressOf } from './address.ts'
import classes from './job-strip.module.css'
import { jobName, stripBars } from './jobs.ts'

/** The last jobs as bars, newest at the right: colour is the state, height the duration. */
export function JobStrip({ project, jobs }: { project: Project; jobs: readonly Job[] }) {
  const bars = stripBars(jobs)
  if (bars.length === 0) return null
  const red = bars.filter((bar) => bar.state === 'failed').length
  return (
    <div className={classes.strip}>
      <span className="visually-hidden">
        Of the last {bars.length} jobs {red} failed.
      </span>
      {/* For the eye and the mouse: each job is also a row of the project's page. */}
      <div className={classes.bars} aria-hidden="true">
        {bars.map(({ job, state, height }) => (
          <PageLink
            key={job.id}
            to={pages.job(addressOf(project), job.index)}
            tabIndex={-1}
            title={`#${job.index} ${jobName(job)} ${state}${job.endTime ? `, ${wordDuration(Date.parse(job.endTime) - Date.parse(job.startTime))}` : ''}`}
            data-state={state}
          >
            <span style={{ height: `${Math.round(height * 100)}%` }} />
          </PageLink>
        ))}
      </div>
    </div>
  )
}

import type { Job } from '@firn/contract/api/job'
import type { Project } from '@firn/contract/api/project'
import { pages } from '@firn/contract/paths'
import { Ago } from '../ui/Ago.tsx'
import { PageLink } from '../ui/PageLink.tsx'
import { addressOf } from './address.ts'
import { BuildProgress } from './Counts.tsx'
import { JobStrip } from './JobStrip.tsx'
import { headline, jobName, spokesman, worstState } from './jobs.ts'
import { firstLine, shortRef, shown } from './names.ts'
import classes from './project-row.module.css'
import { StateMark } from './StateMark.tsx'
import { isUnderWay, jobState } from './state.ts'

/** A project on a list: how its branch stands and why, its last jobs, and what runs. */
export function ProjectRow({ project, jobs }: { project: Project; jobs: readonly Job[] }) {
  const head = headline(project, jobs)
  const underWay = jobs.filter((job) => isUnderWay(jobState(job))).slice(0, 3)
  return (
    <article className={classes.row}>
      <div className={classes.state}>
        <StateMark state={(head && worstState(head.jobs)) ?? 'not run'} word={head ? undefined : 'no push yet'} />
      </div>
      <div className={classes.name}>
        <PageLink to={pages.project(addressOf(project))} data-row="">
          {shown(project.displayName)}
        </PageLink>{' '}
        <span className="dim">{head && shortRef(head.source.ref)}</span>
      </div>
      <div className={classes.because}>
        <Because project={project} jobs={head?.jobs ?? []} />
        {underWay.map((job) => (
          <Running key={job.id} project={project} job={job} />
        ))}
      </div>
      <div className={classes.strip}>
        <JobStrip project={project} jobs={jobs} />
      </div>
      <div className={classes.ago}>{head?.jobs[0] && <Ago at={head.jobs[0].startTime} />}</div>
    </article>
  )
}

function Because({ project, jobs }: { project: Project; jobs: readonly Job[] }) {
  const job = spokesman(jobs)
  if (!job) return <span className="dim">Push to {project.httpURL ?? 'its repository'} for the first job.</span>
  return (
    <>
      <span>{shown(job.because)}</span> <span className="dim">{firstLine(job.source.message)}</span>
    </>
  )
}

function Running({ project, job }: { project: Project; job: Job }) {
  return (
    <div className={classes.running}>
      <PageLink to={pages.job(addressOf(project), job.index)}>
        #{job.index} {jobName(job)}
      </PageLink>{' '}
      <BuildProgress counts={job.counts} label={`Builds of job ${job.index}`} />
    </div>
  )
}

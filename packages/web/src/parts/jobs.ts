import type { BuildCounts, Job } from '@firn/contract/api/job'
import type { Project } from '@firn/contract/api/project'
import { shown } from './names.ts'
import { byUrgency, jobState, type State } from './state.ts'

export const jobName = (job: Pick<Job, 'jobType' | 'jobName'>): string =>
  job.jobType === 'Config' ? 'configuration' : job.jobType === 'Legacy' ? 'legacy' : shown(job.jobName ?? 'job')

/** Jobs of one commit on one ref that follow each other in the list. */
export type CommitGroup = { key: string; source: Job['source']; jobs: Job[] }

export function groupByCommit(jobs: readonly Job[]): CommitGroup[] {
  const groups: CommitGroup[] = []
  for (const job of jobs) {
    const last = groups.at(-1)
    if (last && last.source.revision === job.source.revision && last.source.ref === job.source.ref) last.jobs.push(job)
    else groups.push({ key: job.id, source: job.source, jobs: [job] })
  }
  return groups
}

/** The state of several jobs together: the one to look at first. */
export const worstState = (jobs: readonly Job[]): State | undefined => jobs.map(jobState).toSorted(byUrgency)[0]

/** The newest commit on the default branch, or the newest of all while there is none; jobs are newest first. */
export function headline(project: Pick<Project, 'defaultBranch'>, jobs: readonly Job[]): CommitGroup | undefined {
  const groups = groupByCommit(jobs)
  return groups.find((it) => it.source.ref === `refs/heads/${project.defaultBranch}`) ?? groups[0]
}

/** The job whose sentence stands for the commit: the worst, and never the configuration beside others. */
export function spokesman(jobs: readonly Job[]): Job | undefined {
  const others = jobs.filter((job) => job.jobType !== 'Config' || job.jobStatus === 'Failure')
  return (others.length > 0 ? others : jobs).toSorted((a, b) => byUrgency(jobState(a), jobState(b)))[0]
}

export const endedBuilds = (counts: BuildCounts) =>
  counts.buildSuccess + counts.buildFailure + counts.dependencyFailure + counts.cancelled
export const allBuilds = (counts: BuildCounts) => endedBuilds(counts) + counts.waiting + counts.building

const durationMs = (job: Job) =>
  job.endTime === null ? undefined : Date.parse(job.endTime) - Date.parse(job.startTime)

/** How long a job of this name usually takes: the median of those that succeeded, when there are three or more. */
export function usualMs(job: Job, others: readonly Job[]): number | undefined {
  const ofName = others.filter((it) => it.id !== job.id && it.jobName === job.jobName && it.jobType === job.jobType)
  const all = ofName.filter((it) => it.jobStatus === 'Success').flatMap((it) => durationMs(it) ?? [])
  return all.length < 3 ? undefined : all.toSorted((a, b) => a - b)[Math.floor(all.length / 2)]
}

/** Bars for the strip, oldest first: height 0 to 1 by duration, running ones full. Configurations that went well are left out. */
export function stripBars(jobs: readonly Job[]): { job: Job; state: State; height: number }[] {
  const drawn = jobs.filter((job) => job.jobType !== 'Config' || job.jobStatus === 'Failure')
  const longest = Math.max(1, ...drawn.map((job) => durationMs(job) ?? 0))
  return drawn
    .map((job) => ({ job, state: jobState(job), height: Math.max(0.18, (durationMs(job) ?? longest) / longest) }))
    .reverse()
}

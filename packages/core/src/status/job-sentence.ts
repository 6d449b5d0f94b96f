import type { BuildCounts, JobPhase, JobStatus, JobType } from '@firn/contract/api/job'
import { asSentence } from './as-sentence.ts'
import { type Silence, wordSilence } from './silence.ts'

/** What a job's sentence is made of. */
export type JobStory = {
  type: JobType
  phase: JobPhase
  status: JobStatus
  evaluation: { error: string | null; problems: number; agent: string | null; silence?: Silence | null }
  counts: BuildCounts
  /** Attributes marked MustFail that were built. */
  unmetFailures: number
  /** onPush handlers that a configuration announced. */
  handlers: number
  effects: number
  /** Why it is queued; only looked at while it is. */
  waitsBecause: string | null
  /** Who ended it before its time: a person, or the newer job of the branch. */
  cancelled: { by: string | null; successor: number | null; isUnevaluated?: boolean } | null
}

/** How a job stands and why, in one sentence; the page, the command line and the log say the same. */
export function jobSentence(job: JobStory): string {
  switch (job.phase) {
    case 'Queued':
      return queued(job)
    case 'Evaluating':
      return sentence([
        `evaluating on ${job.evaluation.agent ?? 'an agent'}${wordSilence(job.evaluation.silence)}`,
        ...progress(job.counts),
        ...troubles(job),
      ])
    case 'Building':
    case 'Effects':
      return sentence([...progress(job.counts), ...troubles(job)])
    case 'Done':
      if (job.cancelled !== null) return cancelled(job.cancelled, job.counts)
      return job.status === 'Success' ? green(job) : sentence(troubles(job))
  }
}

function queued({ evaluation, waitsBecause }: JobStory): string {
  const waiting = waitsBecause ?? 'Waiting to be evaluated.'
  return evaluation.error === null ? waiting : `${waiting} It is evaluated again: ${asSentence(evaluation.error)}`
}

/** What goes on does so for other jobs, or for the successor, of which it is not known yet what it needs. */
function cancelled({ by, successor, isUnevaluated }: NonNullable<JobStory['cancelled']>, counts: BuildCounts): string {
  const isEarly = successor !== null && isUnevaluated
  const when = isEarly ? ' before it was evaluated' : ''
  const who = successor === null ? `cancelled by ${by ?? 'somebody'}` : `superseded by #${successor}${when}`
  const forWhom = isEarly ? ', which others may need' : ' for other jobs'
  const left = counts.waiting + counts.building
  return sentence([
    who,
    ...(left === 0 ? [] : [`${count(left, 'build')} of it ${left === 1 ? 'goes' : 'go'} on${forWhom}`]),
  ])
}

function green(job: JobStory): string {
  if (job.type === 'Config')
    return job.handlers === 0
      ? 'Nothing to do for a push: the configuration declares no onPush job.'
      : `The configuration declares ${count(job.handlers, 'job')} for a push.`
  const total = sum(job.counts)
  const { buildSuccess } = job.counts
  const built =
    total === 0
      ? 'nothing to build'
      : buildSuccess < total
        ? `${buildSuccess} of ${total} built, and what failed may or must`
        : `${total === 1 ? '1 of 1' : `all ${total}`} built`
  const effects = job.effects > 0 ? [`${count(job.effects, 'effect')} not run by this version of Firn`] : []
  return sentence([built, ...effects])
}

function progress(counts: BuildCounts): string[] {
  const total = sum(counts)
  if (total === 0) return []
  return [
    `${counts.buildSuccess} of ${total} built`,
    ...(counts.building > 0 ? [`${counts.building} building`] : []),
    ...(counts.waiting > 0 ? [`${counts.waiting} waiting`] : []),
  ]
}

function troubles({ evaluation, counts, unmetFailures }: JobStory): string[] {
  const total = sum(counts)
  return [
    ...(evaluation.error === null ? [] : [`evaluation ended early: ${evaluation.error.replace(/\.$/, '')}`]),
    ...(evaluation.problems === 0 ? [] : [`${count(evaluation.problems, 'evaluation error')}`]),
    ...(counts.buildFailure === 0 ? [] : [`${counts.buildFailure} of ${count(total, 'build')} failed`]),
    ...(counts.dependencyFailure === 0
      ? []
      : [`${counts.dependencyFailure} blocked by ${counts.buildFailure === 1 ? 'it' : 'them'}`]),
    ...(unmetFailures === 0 ? [] : [`${unmetFailures} built that must fail`]),
    ...(counts.cancelled === 0 ? [] : [`${counts.cancelled} cancelled`]),
  ]
}

function sum(counts: BuildCounts): number {
  const { waiting, building, buildFailure, dependencyFailure, buildSuccess, cancelled } = counts
  return waiting + building + buildFailure + dependencyFailure + buildSuccess + cancelled
}

export function count(n: number, noun: string): string {
  return `${n} ${noun}${n === 1 ? '' : 's'}`
}

function sentence(parts: string[]): string {
  const text = parts.length === 0 ? 'nothing is known of it yet' : parts.join(', ')
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}.`
}

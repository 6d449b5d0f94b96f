/** How a job is told while it runs: lines for what happens, each once, and what stands at the end of a terminal. */
import type { Job } from '@firn/contract/api/job'
import { showAttributePath } from '@firn/contract/attribute-path'
import { derivationName } from '@firn/core/status/derivation-sentence'
import { inLine } from './in-line.ts'
import { duration, type Printer } from './printer.ts'

export type JobView = Pick<Job, 'index' | 'jobType' | 'jobName' | 'jobPhase' | 'jobStatus' | 'because'>

export type RunningView = {
  derivationPath: string
  startedAt: string
  /** the usual duration */
  expectedMs: number | null
  /** where it builds, or what its log says last */
  note: string
}

export type JobProgress = {
  job: JobView
  errors: readonly { expressionPath: readonly string[] }[]
  /** `technicalError`: broken, which is not the derivation's fault */
  failures: readonly { derivationPath: string; technicalError: string | null }[]
  running: readonly RunningView[]
}

/** What was told before, by what it was about. */
export type Told = Map<string, string>

/** What a job is called, as part of a line: its handler, or what it does. */
export function jobTitle({ jobName, jobType }: Pick<Job, 'jobName' | 'jobType'>): string {
  if (jobName === null) return jobType === 'Legacy' ? 'legacy' : 'configuration'
  return `${jobType === 'OnPush' ? 'onPush' : 'onSchedule'}.${inLine(jobName)}`
}

/** The job's number and what it is called. */
export function numbered(job: JobView): string {
  return `#${job.index} ${jobTitle(job)}`
}

/** Events as lines, each once: phases, failures as they happen, the end last. */
export function tellChanges(printer: Printer, told: Told, { job, failures, errors }: JobProgress): void {
  const title = numbered(job)
  const tell = (key: string, value: string, text: string) => {
    if (told.get(key) === value) return
    told.set(key, value)
    printer.line(`${title}: ${text}`)
  }
  const red = printer.style('red', '✕')
  const tellPhase = () => tell(`${job.index}`, job.jobPhase, phaseWord(printer, job))
  if (job.jobPhase !== 'Done') tellPhase()
  for (const { expressionPath } of errors)
    tell(
      `${job.index} ${showAttributePath(expressionPath)}`,
      'error',
      `${red} ${where(expressionPath)} does not evaluate`,
    )
  for (const { derivationPath, technicalError } of failures) {
    const how =
      technicalError === null
        ? `${red} ${derivationName(derivationPath)} failed`
        : `${printer.style('yellow', '⚠')} ${derivationName(derivationPath)} broke`
    tell(`${job.index} ${derivationPath}`, 'failed', how)
  }
  if (job.jobPhase === 'Done') tellPhase()
}

function phaseWord(printer: Printer, { jobPhase, jobStatus, because }: JobView): string {
  const why = printer.foreignLine(because)
  if (jobPhase !== 'Done') return `${jobPhase.toLowerCase()} — ${why}`
  return jobStatus === 'Success' ? `${printer.style('green', '●')} ${why}` : `${printer.style('red', '✕')} ${why}`
}

const runningMax = 8

/** A line for the job, and one for each of the builds that have run longest. */
export function statusLines({ job, running }: JobProgress): string[] {
  const builds = running.slice(0, runningMax).map((build) => {
    const elapsed = Date.now() - Date.parse(build.startedAt)
    const usual = build.expectedMs === null ? '' : ` of about ${duration(build.expectedMs)}`
    return `   ◐ ${derivationName(build.derivationPath)}  ${duration(Math.max(0, elapsed))}${usual}  ${build.note}`
  })
  return [`◐ ${numbered(job)}: ${job.because}`, ...builds]
}

/** The path of an attribute as part of a line, or the words for the root. */
export function where(path: readonly string[]): string {
  return path.length === 0 ? 'the root' : inLine(showAttributePath(path))
}

import { showAttributePath } from '@firn/contract/attribute-path'
import { pages } from '@firn/contract/paths'
import { derivationName } from '@firn/core/status/derivation-sentence'
import { setTimeout as delay } from 'node:timers/promises'
import type { Client } from '../client.ts'
import { duration, type Printer } from './printer.ts'

type Commit = Awaited<ReturnType<Client['firn']['commit']>>
type Job = Commit['jobs'][number]
type Overview = Awaited<ReturnType<Client['firn']['jobOverview']>>

const lookEveryMs = 400

export type Watched = { commit: Commit; overviews: Overview[] }

/**
 * Follows the jobs of a commit until all have ended, printing each step: on a terminal what runs now stands below, on a pipe every
 * event is a line.
 */
export async function watchCommit(
  { client, printer, signal }: { client: Client; printer: Printer; signal: AbortSignal },
  at: { projectId: string; rev: string },
): Promise<Watched> {
  const told = new Map<string, string>()
  for (;;) {
    signal.throwIfAborted()
    const commit = await client.firn.commit({ id: at.projectId, rev: at.rev })
    const overviews = await Promise.all(commit.jobs.map((job) => client.firn.jobOverview({ id: job.id })))
    for (const overview of overviews) tellChanges(printer, told, overview)
    if (commit.finished) {
      printer.status([])
      return { commit, overviews }
    }
    printer.status(overviews.filter(({ job }) => job.jobPhase !== 'Done').flatMap(statusLines))
    await delay(lookEveryMs, undefined, { signal })
  }
}

/** What a job is called: its handler, or what it does. */
export function jobTitle(job: Job): string {
  return job.jobName === null ? (job.jobType === 'Legacy' ? 'legacy' : 'configuration') : `${job.jobType === 'OnPush' ? 'onPush' : 'onSchedule'}.${job.jobName}`
}

/** Events as lines, each once: phases, failures as they happen. */
function tellChanges(printer: Printer, told: Map<string, string>, { job, failures, errors }: Overview): void {
  const tell = (key: string, value: string, text: string) => {
    if (told.get(key) === value) return
    told.set(key, value)
    printer.line(text)
  }
  const title = `#${job.index} ${jobTitle(job)}`
  tell(job.id, job.jobPhase, `${title}: ${phaseWord(printer, job)}`)
  for (const error of errors)
    tell(`${job.id} ${showAttributePath(error.expressionPath)}`, 'error', `${title}: ${printer.style('red', '✕')} ${where(error.expressionPath)} does not evaluate`)
  for (const failure of failures)
    tell(`${job.id} ${failure.derivationPath}`, 'failed', `${title}: ${printer.style('red', '✕')} ${derivationName(failure.derivationPath)} failed`)
}

function phaseWord(printer: Printer, job: Job): string {
  if (job.jobPhase !== 'Done') return `${job.jobPhase.toLowerCase()} — ${job.because}`
  return job.jobStatus === 'Success' ? `${printer.style('green', '●')} ${job.because}` : `${printer.style('red', '✕')} ${job.because}`
}

function statusLines({ job, running }: Overview): string[] {
  const builds = running.slice(0, 8).map((build) => {
    const elapsed = Date.now() - Date.parse(build.startedAt)
    const usual = build.expectedMs === null ? '' : ` of about ${duration(build.expectedMs)}`
    return `   ◐ ${derivationName(build.derivationPath)}  ${duration(Math.max(0, elapsed))}${usual}  ${build.agentHostname}`
  })
  return [`◐ #${job.index} ${jobTitle(job)}: ${job.because}`, ...builds]
}

/** The path of an attribute, or the words for the root. */
export function where(path: readonly string[]): string {
  return path.length === 0 ? 'the root' : showAttributePath(path)
}

/** The results at the end: every attribute, errors with their text, the last lines of what failed, where to look. */
export async function printResults(
  { client, printer, url }: { client: Client; printer: Printer; url: string },
  { commit, overviews }: Watched,
): Promise<void> {
  for (const overview of overviews) {
    printer.line()
    printer.line(printer.style('bold', `#${overview.job.index} ${jobTitle(overview.job)} — ${overview.job.because}`))
    await printAttributes({ client, printer }, overview)
    printProblems(printer, overview)
  }
  const { siteSlug: site, ownerSlug: account, slug: project } = commit.project
  printer.line()
  printer.line(commit.because)
  printer.line(`${url}${pages.commit({ site, account, project }, commit.revision)}`)
}

const shape: Record<string, [string, 'green' | 'red' | 'yellow' | 'gray' | 'blue']> = {
  Succeeded: ['●', 'green'],
  Failed: ['✕', 'red'],
  Error: ['✕', 'red'],
  Blocked: ['↯', 'red'],
  Running: ['◐', 'blue'],
  Waiting: ['○', 'gray'],
  Cancelled: ['⊘', 'gray'],
  Ignored: ['✕', 'gray'],
  NotRun: ['○', 'gray'],
}

const stateWords: Record<string, string> = { NotRun: 'not run by this version', Ignored: 'failed, as it may', Error: 'error' }

async function printAttributes({ client, printer }: { client: Client; printer: Printer }, { job }: Overview): Promise<void> {
  for (let offset = 0; ; offset += 500) {
    const { items, total } = await client.firn.attributes({ id: job.id, offset, limit: 500 })
    for (const row of items) {
      const [sign, colour] = shape[row.state] ?? ['?', 'gray']
      const took = row.durationMs === null ? '' : `  ${duration(row.durationMs)}`
      printer.line(`  ${printer.style(colour, sign)} ${printer.foreign(where(row.path))}  ${stateWords[row.state] ?? row.state.toLowerCase()}${took}`)
    }
    if (offset + items.length >= total || items.length === 0) return
  }
}

function printProblems(printer: Printer, { errors, failures, messages, notRun }: Overview): void {
  for (const message of messages.filter(({ typ }) => typ === 'Error')) printer.line(`\n  ${printer.foreign(message.message)}`)
  for (const error of errors) {
    printer.line(`\n  ${printer.style('bold', printer.foreign(where(error.expressionPath)))} does not evaluate:`)
    for (const text of printer.foreign(error.errorMessage).split('\n')) printer.line(`    ${text}`)
  }
  for (const failure of failures) {
    const blocks = failure.blocksTotal === 0 ? '' : `, which blocks ${failure.blocks.slice(0, 3).map(where).join(', ')}${failure.blocksTotal > 3 ? ` and ${failure.blocksTotal - 3} more` : ''}`
    printer.line(`\n  ${printer.style('bold', derivationName(failure.derivationPath))} failed${blocks}:`)
    if (failure.technicalError !== null) printer.line(`    Broken, which is not its fault: ${printer.foreign(failure.technicalError)}`)
    for (const { t } of failure.lastLines) printer.line(`    ${printer.foreign(t)}`)
    printer.line(`    (${failure.derivationPath})`)
  }
  for (const { what, name } of notRun) printer.line(`\n  ${what} ${printer.foreign(name)} is not run by this version of Firn.`)
}

import { setTimeout as delay } from 'node:timers/promises'
import { pages } from '@firn/contract/paths'
import type { Client } from '../client.ts'
import { type JobProgress, statusLines, type Told, tellChanges } from './job-lines.ts'
import type { Printer } from './printer.ts'
import { printResult, type ResultRow } from './results.ts'

type Commit = Awaited<ReturnType<Client['firn']['commit']>>
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
  const told: Told = new Map()
  for (;;) {
    signal.throwIfAborted()
    const commit = await client.firn.commit({ id: at.projectId, rev: at.rev })
    const overviews = await Promise.all(commit.jobs.map((job) => client.firn.jobOverview({ id: job.id })))
    for (const overview of overviews) tellChanges(printer, told, progressOf(overview))
    if (commit.finished) {
      printer.status([])
      return { commit, overviews }
    }
    printer.status(
      overviews.filter(({ job }) => job.jobPhase !== 'Done').flatMap((open) => statusLines(progressOf(open))),
    )
    await delay(lookEveryMs, undefined, { signal })
  }
}

function progressOf({ job, errors, failures, running }: Overview): JobProgress {
  return { job, errors, failures, running: running.map((build) => ({ ...build, note: build.agentHostname })) }
}

/** The results at the end, and where to look. */
export async function printResults(
  { client, printer, url }: { client: Client; printer: Printer; url: string },
  { commit, overviews }: Watched,
): Promise<void> {
  for (const overview of overviews) {
    const remarks = overview.notRun.map(({ what, name }) => `${what} ${name} is not run by this version of Firn.`)
    await printResult(printer, { ...overview, rows: rowsOf(client, overview.job.id), remarks })
  }
  const { siteSlug: site, ownerSlug: account, slug: project } = commit.project
  printer.line()
  printer.line(commit.because)
  printer.line(`${url}${pages.commit({ site, account, project }, commit.revision)}`)
}

async function* rowsOf(client: Client, jobId: string): AsyncGenerator<ResultRow> {
  for (let offset = 0; ; offset += 500) {
    const { items, total } = await client.firn.attributes({ id: jobId, offset, limit: 500 })
    yield* items
    if (offset + items.length >= total || items.length === 0) return
  }
}

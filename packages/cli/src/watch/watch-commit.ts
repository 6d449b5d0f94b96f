import { setTimeout as delay } from 'node:timers/promises'
import { pages } from '@firn/contract/paths'
import type { Client } from '../client.ts'
import { statusLines, type Told, tellChanges } from './job-lines.ts'
import type { Printer } from './printer.ts'
import { type Overview, printServerJob, progressOf } from './server-job.ts'

type Commit = Awaited<ReturnType<Client['firn']['commit']>>

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

/** The results at the end, and where to look. */
export async function printResults(
  { client, printer, url }: { client: Client; printer: Printer; url: string },
  { commit, overviews }: Watched,
): Promise<void> {
  for (const overview of overviews) await printServerJob({ client, printer }, overview)
  const { siteSlug: site, ownerSlug: account, slug: project } = commit.project
  printer.line()
  printer.line(commit.because)
  printer.line(`${url}${pages.commit({ site, account, project }, commit.revision)}`)
}

import type { Job } from '@firn/contract/api/job'
import { wordAgo } from '@firn/core/status/time-words'
import { findProject } from '../../connected/find-job.ts'
import { positiveNumber } from '../../connected/positive-number.ts'
import { readJobArgument } from '../../connected/read-job-argument.ts'
import { type Connected, exitStatus, type ServerOptions, withServer } from '../../connected/with-server.ts'
import { jobTitle } from '../../watch/job-lines.ts'
import type { Printer } from '../../watch/printer.ts'
import { mark } from '../../watch/results.ts'
import { shapeOfJob } from '../../watch/state-marks.ts'
import { tableLines } from '../../watch/table.ts'
import type { World } from '../../world.ts'

export type JobListOptions = ServerOptions & {
  limit: string
  ref?: string | undefined
  rev?: string | undefined
  failed?: true | undefined
}

const limitMax = 200

/** Prints the newest jobs, of one project or of all. */
export async function listJobs(text: string | undefined, options: JobListOptions, world: World): Promise<number> {
  const limit = positiveNumber('--limit', options.limit, limitMax)
  if (text === undefined && (options.ref ?? options.rev ?? options.failed) !== undefined)
    throw new Error('--ref, --rev and --failed choose among the jobs of one project: name it.')
  return withServer(options, world, async (server) => {
    const jobs = text === undefined ? await ofAll(server, limit) : await ofProject(server, text, { ...options, limit })
    if (server.isJson) server.document(jobs)
    else printJobs(server.printer, jobs)
    if (jobs.length === 0) server.aside('No jobs.')
    return exitStatus.green
  })
}

/** What is told of each of several projects at the most. */
const latestMax = 50

async function ofAll({ client }: Connected, limit: number): Promise<Job[]> {
  const projects = await client.jobs.list({ latest: Math.min(latestMax, limit) })
  const all = projects.map(async ({ project: { id }, jobs }) =>
    jobs.length < latestMax || limit <= latestMax ? jobs : (await client.projects.jobs({ id, limit })).items,
  )
  return (await Promise.all(all))
    .flat()
    .toSorted((a, b) => b.startTime.localeCompare(a.startTime) || b.index - a.index)
    .slice(0, limit)
}

type Wanted = Pick<JobListOptions, 'ref' | 'rev' | 'failed'> & { limit: number }

async function ofProject({ client }: Connected, text: string, { ref, rev, failed, limit }: Wanted): Promise<Job[]> {
  const argument = readJobArgument(text)
  if (argument === undefined || argument.is === 'id')
    throw new Error(`${text} is not a project. A project is written as NAME or SITE/ACCOUNT/NAME.`)
  const { id } = await findProject(client, argument)
  const wanted = { id, rev, success: failed ? false : undefined, limit }
  for (const full of refsNamed(ref)) {
    const { items } = await client.projects.jobs({ ...wanted, ref: full })
    if (items.length > 0) return items
  }
  return []
}

/** As Git finds a ref by a short name, a branch first. */
function refsNamed(ref: string | undefined): (string | undefined)[] {
  return ref === undefined || ref === 'HEAD' || ref.startsWith('refs/')
    ? [ref]
    : [`refs/heads/${ref}`, `refs/tags/${ref}`]
}

function printJobs(printer: Printer, jobs: readonly Job[]): void {
  const now = Date.now()
  const rows = jobs.map((job) => [
    `${mark(printer, shapeOfJob(job))} ${job.repoName}#${job.index}`,
    jobTitle(job),
    printer.foreignLine(job.source.ref.replace(/^refs\/(heads|tags)\//, '')),
    job.source.revision.slice(0, 7),
    wordAgo(job.startTime, now),
    printer.foreignLine(job.because),
  ])
  for (const line of tableLines(rows)) printer.line(line)
}

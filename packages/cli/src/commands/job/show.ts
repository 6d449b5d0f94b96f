import { pages } from '@firn/contract/paths'
import { wordAgo } from '@firn/core/status/time-words'
import { exitOfJob } from '../../connected/exit-of-job.ts'
import { findJob, jobAddress } from '../../connected/find-job.ts'
import { type Connected, type ServerOptions, withServer } from '../../connected/with-server.ts'
import { jobTitle, statusLines } from '../../watch/job-lines.ts'
import { type Overview, printServerJob, progressOf } from '../../watch/server-job.ts'
import type { World } from '../../world.ts'

/** Prints how a job stands: what failed and why, what runs, what waits for what. */
export async function showJob(text: string, options: ServerOptions, world: World): Promise<number> {
  return withServer(options, world, async (server) => {
    const { id } = await findJob(server, text)
    const overview = await server.client.firn.jobOverview({ id })
    if (server.isJson) server.document(overview)
    else await printJob(server, overview)
    return exitOfJob(server.client, overview)
  })
}

/** Where a job has more green attributes than this, they are counted. */
const listedMax = 50
const notGreen = ['Failed', 'Error', 'Blocked', 'Running', 'Waiting', 'Cancelled', 'Ignored', 'NotRun'] as const

async function printJob(server: Connected, overview: Overview): Promise<void> {
  const { client, printer, url } = server
  const { job } = overview
  const { revision, ref, message, gitCommitterName } = job.source
  const [subject = ''] = message.split('\n')
  printer.line(
    `${jobAddress(job)}  ${printer.foreignLine(ref)}  ${revision.slice(0, 7)}  ${wordAgo(job.startTime, Date.now())}`,
  )
  printer.line(`  ${printer.foreignLine(subject)} (${printer.foreignLine(gitCommitterName)})`)
  const { byState } = await client.firn.attributes({ id: job.id, limit: 1 })
  const green = byState.Succeeded ?? 0
  const isLong = green > listedMax
  await printServerJob(server, overview, {
    ...(isLong ? { states: notGreen } : {}),
    more: isLong ? [`${green} attributes succeeded and are not listed.`] : [],
  })
  const running = job.jobPhase === 'Done' ? [] : statusLines(progressOf(overview)).slice(1)
  const rest = [...running.map((line) => line.trim()), ...overview.waiting.map((why) => `○ ${why}`)]
  if (rest.length > 0) printer.line()
  for (const line of rest) printer.line(`  ${printer.foreignLine(line)}`)
  printSiblings(server, overview)
  printer.line()
  printer.line(`${url}${jobPage(overview)}`)
}

function printSiblings({ printer }: Connected, { siblings }: Overview): void {
  if (siblings.length === 0) return
  printer.line()
  printer.line('Of the same push:')
  for (const job of siblings) printer.line(`  #${job.index} ${jobTitle(job)} — ${printer.foreignLine(job.because)}`)
}

/** The address of a job's page. */
export function jobPage({ job }: Pick<Overview, 'job'>): string {
  return pages.job({ site: job.forgeName, account: job.ownerName, project: job.repoName }, job.index)
}

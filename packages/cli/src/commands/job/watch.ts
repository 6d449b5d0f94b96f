import { exitOfJob } from '../../connected/exit-of-job.ts'
import { findJob } from '../../connected/find-job.ts'
import { follow } from '../../connected/follow.ts'
import { type Connected, type ServerOptions, withServer } from '../../connected/with-server.ts'
import { statusLines, type Told, tellChanges } from '../../watch/job-lines.ts'
import { type Overview, printServerJob, progressOf } from '../../watch/server-job.ts'
import type { World } from '../../world.ts'
import { jobPage } from './show.ts'

/**
 * Follows a job until it has ended: on a terminal what runs stands below, on a pipe every event is a line.
 * @returns 0: green; 1: red; 2: red for no reason but ours; 130: stopped
 */
export async function watchJob(text: string, options: ServerOptions, world: World): Promise<number> {
  return withServer(options, world, async (server) => {
    const { id } = await findJob(server, text)
    const overview = server.isJson ? await watchAsJson(server, id) : await watchAsLines(server, id)
    return exitOfJob(server.client, overview)
  })
}

const redrawEveryMs = 500

async function watchAsLines(server: Connected, id: string): Promise<Overview> {
  const { client, printer, url } = server
  const told: Told = new Map()
  let latest: Overview | undefined
  const draw = () => printer.status(latest === undefined ? [] : statusLines(progressOf(latest)))
  // What runs gets older between two events.
  const redrawing = setInterval(draw, redrawEveryMs)
  let overview: Overview
  try {
    overview = await follow(server, id, {
      ask: () => client.firn.jobOverview({ id }),
      tell(answer) {
        latest = answer
        tellChanges(printer, told, progressOf(answer))
        if (answer.job.jobPhase === 'Done') return 'end'
        draw()
        return 'go on'
      },
    })
  } finally {
    clearInterval(redrawing)
    printer.status([])
  }
  await printServerJob(server, overview)
  printer.line()
  printer.line(`${url}${jobPage(overview)}`)
  return overview
}

/** The job, as one line for each change. */
async function watchAsJson(server: Connected, id: string): Promise<Overview> {
  let before = ''
  await follow(server, id, {
    ask: () => server.client.jobs.get({ id }),
    tell(job) {
      const text = JSON.stringify(job)
      if (text !== before) server.event(job)
      before = text
      return job.jobPhase === 'Done' ? 'end' : 'go on'
    },
  })
  return server.client.firn.jobOverview({ id })
}

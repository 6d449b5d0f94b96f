import { findJob } from '../../connected/find-job.ts'
import { exitStatus, type ServerOptions, withServer } from '../../connected/with-server.ts'
import { numbered } from '../../watch/job-lines.ts'
import { mark } from '../../watch/results.ts'
import { shapeOfJob } from '../../watch/state-marks.ts'
import type { World } from '../../world.ts'

/** Cancels a job: what no other job needs is ended (hercules-ci.md 2.5.7); prints how it stands then. */
export async function cancelJob(text: string, options: ServerOptions, world: World): Promise<number> {
  return withServer(options, world, async (server) => {
    const { client, printer } = server
    const { id } = await findJob(server, text)
    await client.jobs.cancel({ id })
    const job = await client.jobs.get({ id })
    if (server.isJson) server.document(job)
    else printer.line(`${mark(printer, shapeOfJob(job))} ${numbered(job)} — ${printer.foreignLine(job.because)}`)
    return exitStatus.green
  })
}

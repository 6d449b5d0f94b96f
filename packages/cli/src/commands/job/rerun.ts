import { findJob, jobAddress } from '../../connected/find-job.ts'
import { exitStatus, type ServerOptions, withServer } from '../../connected/with-server.ts'
import { numbered } from '../../watch/job-lines.ts'
import type { World } from '../../world.ts'
import { jobPage } from './show.ts'

export type RerunOptions = ServerOptions & { rebuildFailures?: true | undefined }

/** Makes a new job for the same source and inputs (hercules-ci.md 2.5.4), and prints what it is called. */
export async function rerunJob(text: string, options: RerunOptions, world: World): Promise<number> {
  return withServer(options, world, async (server) => {
    const { client, printer, url } = server
    const { id } = await findJob(server, text)
    const job = await client.jobs.rerun({ id, rebuildFailures: options.rebuildFailures === true })
    if (server.isJson) server.document(job)
    else {
      printer.line(`${jobAddress(job)}  ${numbered(job)} — ${printer.foreignLine(job.because)}`)
      printer.line(`${url}${jobPage({ job })}`)
    }
    return exitStatus.green
  })
}

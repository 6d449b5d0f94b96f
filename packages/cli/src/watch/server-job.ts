/** A job of a server in the form that the lines and results of this folder are made of. */
import type { AttributeState } from '@firn/contract/api/evaluation'
import type { Client } from '../client.ts'
import type { JobProgress } from './job-lines.ts'
import type { Printer } from './printer.ts'
import { printResult, type ResultRow } from './results.ts'

export type Overview = Awaited<ReturnType<Client['firn']['jobOverview']>>

export function progressOf({ job, errors, failures, running }: Overview): JobProgress {
  return { job, errors, failures, running: running.map((build) => ({ ...build, note: build.agentHostname })) }
}

/** How the job stands, attribute by attribute, with what failed. `states` leaves attributes out. */
export async function printServerJob(
  { client, printer }: { client: Client; printer: Printer },
  overview: Overview,
  { states, more = [] }: { states?: readonly AttributeState[]; more?: readonly string[] } = {},
): Promise<void> {
  const notRun = overview.notRun.map(({ what, name }) => `${what} ${name} is not run by this version of Firn.`)
  const broken = new Set(overview.failures.flatMap((it) => (it.technicalError === null ? [] : [it.derivationPath])))
  const rows = rowsOf(client, { id: overview.job.id, state: states?.join(',') }, broken)
  await printResult(printer, { ...overview, rows, remarks: [...more, ...notRun] })
}

async function* rowsOf(
  client: Client,
  wanted: { id: string; state: string | undefined },
  broken: ReadonlySet<string>,
): AsyncGenerator<ResultRow> {
  for (let offset = 0; ; offset += 500) {
    const { items, total } = await client.firn.attributes({ ...wanted, offset, limit: 500 })
    for (const row of items)
      yield row.derivationPath && broken.has(row.derivationPath) ? { ...row, state: 'Broken' } : row
    if (offset + items.length >= total || items.length === 0) return
  }
}

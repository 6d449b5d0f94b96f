import type { DerivationDetail } from '@firn/contract/api/derivation'
import type { LogWindow } from '@firn/contract/api/log'
import { derivationName } from '@firn/core/status/derivation-sentence'
import { type FoundBuild, findBuild } from '../../connected/find-build.ts'
import { follow } from '../../connected/follow.ts'
import { positiveNumber } from '../../connected/positive-number.ts'
import { followLog, type LineRange, readLog } from '../../connected/read-log.ts'
import { type Connected, exitStatus, type ServerOptions, withServer } from '../../connected/with-server.ts'
import type { World } from '../../world.ts'
import { readBuild } from './show.ts'

export type BuildLogOptions = ServerOptions & {
  follow?: true | undefined
  lines?: string | undefined
  from?: string | undefined
}

/** Prints a build's log; with `follow` also what comes, until it ends. */
export async function printBuildLog(
  { build, name }: { build: string; name: string | undefined },
  options: BuildLogOptions,
  world: World,
): Promise<number> {
  const lines = options.lines === undefined ? undefined : positiveNumber('--lines', options.lines)
  const from = options.from === undefined ? undefined : positiveNumber('--from', options.from) - 1
  if (options.follow && lines !== undefined && from !== undefined)
    throw new Error('--from with --lines is a part of the log, and -f follows it to its end: drop one of them.')
  return withServer(options, world, async (server) => {
    const found = await findBuild(server, build, name)
    const id = await (options.follow ? awaitLog(server, found) : beginningOf(server, found))
    const range = await rangeOf(server, id, { lines, from })
    await (options.follow ? printComing(server, id, range) : printPresent(server, id, range))
    if (from !== undefined && from > 0 && !options.follow) await sayWhereItEnds(server, id, from)
    return exitStatus.green
  })
}

async function beginningOf(server: Connected, found: FoundBuild): Promise<string> {
  const detail = await readBuild(server, found)
  return detail.logId ?? refuseWithout(detail)
}

function refuseWithout({ derivationPath, because }: DerivationDetail): never {
  throw new Error(`There is no log of ${derivationName(derivationPath)}. ${because}`)
}

/** The log of a build that has begun, or begins while we wait. @throws where it is decided that none will come */
async function awaitLog(server: Connected, found: FoundBuild): Promise<string> {
  let told = ''
  const detail = await follow(server, found.viaJob, {
    ask: () => readBuild(server, found),
    tell({ logId, status, because }) {
      if (logId !== null || (status !== 'Waiting' && status !== 'Building')) return 'end'
      if (because !== told) server.aside(server.printer.foreignLine(because))
      told = because
      return 'go on'
    },
  })
  return detail.logId ?? refuseWithout(detail)
}

async function rangeOf(
  { client }: Connected,
  id: string,
  { lines, from }: { lines: number | undefined; from: number | undefined },
): Promise<LineRange> {
  if (from !== undefined) return { from, count: lines ?? Number.POSITIVE_INFINITY }
  if (lines === undefined) return { from: 0, count: Number.POSITIVE_INFINITY }
  const { total } = await client.firn.logWindow({ id, from: -1, count: 1 })
  return { from: Math.max(0, total - lines), count: Number.POSITIVE_INFINITY }
}

async function sayWhereItEnds({ client, aside }: Connected, id: string, from: number): Promise<void> {
  const { total } = await client.firn.logWindow({ id, from: -1, count: 1 })
  if (total <= from) aside(`The log has ${total === 1 ? 'one line' : `${total} lines`}.`)
}

/** As JSON one document, a `LogWindow`, written as it is read: a log may be larger than memory. */
async function printPresent(server: Connected, id: string, range: LineRange): Promise<void> {
  let last: LogWindow | undefined
  let separator = ''
  if (server.isJson) server.write(`{"id":${JSON.stringify(id)},"lines":[`)
  for await (const window of readLog(server, id, range)) {
    last = window
    if (!server.isJson) printLines(server, window)
    else if (window.lines.length > 0) {
      server.write(separator + window.lines.map((line) => `\n${JSON.stringify(line)}`).join(','))
      separator = ','
    }
  }
  if (server.isJson)
    server.write(
      `\n],"done":${last?.done ?? false},"total":${last?.total ?? 0},"cut":${JSON.stringify(last?.cut ?? null)}}\n`,
    )
  else if (last?.done === false) server.aside('The build goes on; -f follows its log.')
}

async function printComing(server: Connected, id: string, { from }: LineRange): Promise<void> {
  for await (const window of followLog(server, id, from))
    if (server.isJson) server.write(window.lines.map((line) => `${JSON.stringify(line)}\n`).join(''))
    else printLines(server, window)
}

function printLines({ printer }: Connected, { lines }: LogWindow): void {
  if (lines.length > 0) printer.line(lines.map(({ t }) => printer.foreign(t)).join('\n'))
}

/** An installation in the test's own process: database and server; agents come from `agent.ts` and `puppet-agent.ts`. */
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Log, openLog } from '@firn/base/log'
import { type Client, connectApi } from '@firn/cli/client'
import { Connection } from '@firn/contract/files/connection'
import { type Server, startServer } from '@firn/server/app'
import { readConfig } from '@firn/server/config'
import { openTestDatabase } from './database.ts'

export type Installation = AsyncDisposable & {
  url: string
  token: string
  client: Client
  stateFolder: string
  databaseUrl: string
  /** Where to push project `name`, with the token in it. */
  remote(name: string): string
  /** Stops the server and starts it again on the same state; in between, `meanwhile`. */
  restartServer(meanwhile?: () => Promise<void>): Promise<void>
}

/**
 * @param options `mayFail`: the test makes something fail that the server tries again. Else an error in the server's log fails the
 * test at its end: a loop that fails at each turn would go unseen where no expectation happens to depend on it.
 */
export async function startInstallation(
  options: { log?: Log; env?: Record<string, string>; mayFail?: boolean } = {},
): Promise<Installation> {
  await using opened = new AsyncDisposableStack()
  const errors: string[] = []
  opened.defer(() => {
    if (errors.length > 0 && !options.mayFail)
      throw new Error(`The server logged ${errors.length} errors: ${errors[0]}`)
  })
  const { log = openLog('error', { write: (line) => errors.push(line) }) } = options
  const database = opened.use(await openTestDatabase())
  const stateFolder = await mkdtemp(join(tmpdir(), 'firn-test-state-'))
  opened.defer(() => rm(stateFolder, { recursive: true, force: true }))
  const start = async (port: string) => {
    const read = readConfig({
      PATH: process.env.PATH,
      DATABASE_URL: database.url,
      FIRN_STATE: stateFolder,
      FIRN_PORT: port,
      ...options.env,
    })
    if ('problems' in read) throw new Error(read.problems.join('\n'))
    return startServer({ config: read.config, log, version: 'test', signal: new AbortController().signal })
  }
  let server: Server = await start('0')
  opened.defer(() => server.stop())
  const { url, token } = Connection.parse(JSON.parse(await readFile(join(stateFolder, 'connection.json'), 'utf8')))
  const client = connectApi({ url, token })
  const open = opened.move()
  return {
    url,
    token,
    client,
    stateFolder,
    databaseUrl: database.url,
    remote: (name) => `${url.replace('://', `://x-access-token:${token}@`)}/git/local/${name}.git`,
    async restartServer(meanwhile) {
      await server.stop()
      await meanwhile?.()
      server = await start(new URL(url).port)
    },
    [Symbol.asyncDispose]: () => open.disposeAsync(),
  }
}

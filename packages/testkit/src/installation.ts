/** An installation in the test's own process: database and server; agents come from `agent.ts` and `puppet-agent.ts`. */
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Log, silentLog } from '@firn/base/log'
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

export async function startInstallation(
  options: { log?: Log; env?: Record<string, string> } = {},
): Promise<Installation> {
  await using opened = new AsyncDisposableStack()
  const { log = silentLog } = options
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

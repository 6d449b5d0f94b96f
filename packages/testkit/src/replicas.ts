/** Equal servers as processes of their own, on one database and one blob folder, behind a balancer; and agents as processes. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { openSync } from 'node:fs'
import { cp, mkdir, mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { type Client, connectApi } from '@firn/cli/client'
import { Connection } from '@firn/contract/files/connection'
import { makeJoinToken, writeAgentFiles } from './agent.ts'
import { startBalancer } from './balancer.ts'
import { openTestDatabase } from './database.ts'
import { openNixConfig } from './nix-config.ts'
import { freePort } from './up.ts'
import { until } from './wait.ts'

const main = join(import.meta.dirname, '../../cli/src/main.ts')
const evidence = join(import.meta.dirname, '../../../test-results/replicas')

export type Replica = {
  /** Its own address, past the balancer. */
  url: string
  isRunning(): boolean
  /** Resolves when it answers, or was killed while it started. @throws when it ends by itself */
  start(): Promise<void>
  /** Kills it at once, or asks it to end and waits; answers the exit status. */
  end(signal: 'SIGKILL' | 'SIGTERM'): Promise<number | null>
}

export type Replicas = AsyncDisposable & {
  url: string
  token: string
  client: Client
  databaseUrl: string
  replicas: Replica[]
  /** Starts an agent and answers its process. */
  startAgent(): Promise<ChildProcess>
}

export async function startReplicas(count: number): Promise<Replicas> {
  await using opened = new AsyncDisposableStack()
  const folder = await mkdtemp(join(tmpdir(), 'firn-test-replicas-'))
  await mkdir(join(folder, 'logs'))
  opened.defer(async () => {
    await cp(join(folder, 'logs'), join(evidence, basename(folder)), { recursive: true, force: true }).catch(() => {})
    await rm(folder, { recursive: true, force: true })
  })
  const database = opened.use(await openTestDatabase())
  const nix = opened.use(await openNixConfig())
  const ports = await Promise.all(Array.from({ length: count }, freePort))
  const balancer = opened.use(await startBalancer(ports))
  const env = {
    PATH: process.env.PATH,
    HOME: folder,
    DATABASE_URL: database.url,
    FIRN_BLOBS: join(folder, 'blobs'),
    FIRN_PUBLIC_URL: balancer.url,
    FIRN_LOCAL_FORGE: 'false',
    FIRN_PRIVATE_FORGES: 'true',
  }
  const replicas = ports.map((port, i) =>
    replica(port, {
      env: { ...env, FIRN_PORT: String(port), FIRN_STATE: join(folder, `state-${i}`) },
      logFile: join(folder, 'logs', `server-${i}.log`),
    }),
  )
  opened.defer(async () => {
    await Promise.all(replicas.map((one) => one.end('SIGKILL')))
  })
  await Promise.all(replicas.map((one) => one.start()))
  const connectionFile = join(folder, 'state-0/connection.json')
  const written = () => readFile(connectionFile, 'utf8').catch(() => undefined)
  const connection = Connection.parse(JSON.parse(await until(connectionFile, written)))
  const client = connectApi({ url: balancer.url, token: connection.token })
  const agents: ChildProcess[] = []
  let started = 0
  opened.defer(async () => {
    await Promise.all(agents.map((agent) => endProcess(agent, 'SIGTERM')))
  })
  const startAgent = async () => {
    const n = started++
    const token = await makeJoinToken({ client })
    const config = await writeAgentFiles(join(folder, `agent-${n}`), { url: balancer.url, token })
    const agent = start(['agent', '--config', config], {
      env: { PATH: process.env.PATH, HOME: folder, NIX_CONF_DIR: nix.folder },
      logFile: join(folder, 'logs', `agent-${n}.log`),
    })
    agents.push(agent)
    return agent
  }
  const open = opened.move()
  return {
    url: balancer.url,
    token: connection.token,
    client,
    databaseUrl: database.url,
    replicas,
    startAgent,
    [Symbol.asyncDispose]: () => open.disposeAsync(),
  }
}

type Started = { env: Record<string, string | undefined>; logFile: string }

function start(args: string[], { env, logFile }: Started): ChildProcess {
  const out = openSync(logFile, 'a')
  return spawn(process.execPath, [main, ...args], { env, stdio: ['ignore', out, out] })
}

async function endProcess(child: ChildProcess, signal: 'SIGKILL' | 'SIGTERM'): Promise<number | null> {
  if (child.exitCode !== null || child.signalCode !== null) return child.exitCode
  const exited = once(child, 'exit')
  child.kill(signal)
  const [status] = await exited
  return status as number | null
}

function replica(port: number, started: Started): Replica {
  const url = `http://127.0.0.1:${port}`
  let child: ChildProcess | undefined
  const isRunning = () => child !== undefined && child.exitCode === null && child.signalCode === null
  return {
    url,
    isRunning,
    async start() {
      const own = start(['server'], started)
      child = own
      await until(`the server at ${url} to answer`, async () => {
        if (own.signalCode !== null) return true
        if (own.exitCode !== null) throw new Error(`the server ended by itself; its log: ${started.logFile}`)
        return fetch(`${url}/api/v1/health/db`).then(
          (answer) => answer.ok,
          () => false,
        )
      })
    },
    end: (signal) => (child === undefined ? Promise.resolve(null) : endProcess(child, signal)),
  }
}

/** `firn up` as users start it: a process with a server, a database and an agent below it. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { cp, mkdtemp, readFile, rm } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { type Client, connectApi } from '@firn/cli/client'
import { Connection } from '@firn/contract/files/connection'
import { openNixConfig } from './nix-config.ts'
import { familyOf, stillAlive } from './processes.ts'
import { until } from './wait.ts'

const main = join(import.meta.dirname, '../../cli/src/main.ts')

const evidence = join(import.meta.dirname, '../../../test-results/journeys')

export type Up = {
  url: string
  token: string
  client: Client
  pid: number
  /** Everything it has printed so far. */
  printed(): string
  remote(name: string): string
  /** The process of one part, by what it was started as. */
  part(name: 'server' | 'agent' | 'postgres'): Promise<number>
  /** Every process below it now. */
  family(): Promise<number[]>
  /** Ends it as Ctrl-C does; answers the exit status and how long it took. */
  interrupt(): Promise<{ status: number | null; tookMs: number }>
  /** Kills it and everything below it, at once. */
  killAll(): Promise<void>
}

export type State = AsyncDisposable & { folder: string; port: number; start(...args: string[]): Promise<Up> }

/** A state folder and a port, on which Firn may be started again and again. */
export async function openState(): Promise<State> {
  await using opened = new AsyncDisposableStack()
  const nix = opened.use(await openNixConfig())
  const folder = await mkdtemp(join(tmpdir(), 'firn-test-up-'))
  opened.defer(async () => {
    // What the processes had to say is kept for whoever reads a failure.
    await cp(join(folder, 'logs'), join(evidence, basename(folder)), { recursive: true, force: true }).catch(() => {})
    await rm(folder, { recursive: true, force: true })
  })
  const port = await freePort()
  const running = new Set<Up>()
  opened.defer(async () => {
    for (const up of running) await up.killAll()
  })
  const open = opened.move()
  return {
    folder,
    port,
    async start(...args) {
      const up = await startUp({ folder, port, nixConfig: nix.folder }, args)
      running.add(up)
      return up
    },
    [Symbol.asyncDispose]: () => open.disposeAsync(),
  }
}

async function startUp(
  { folder, port, nixConfig }: { folder: string; port: number; nixConfig: string },
  args: string[],
) {
  const child = spawn(process.execPath, [main, 'up', '--state', folder, '--port', String(port), ...args], {
    env: { ...process.env, NIX_CONF_DIR: nixConfig },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let text = ''
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (text += chunk))
  const exited = once(child, 'exit')
  const pid = child.pid ?? 0
  await until('Firn to be running', async () => {
    if (child.exitCode !== null) throw new Error(`firn up ended with ${child.exitCode}: ${text}`)
    return text.includes('Firn is running')
  })
  const { url, token } = Connection.parse(JSON.parse(await readFile(join(folder, 'connection.json'), 'utf8')))
  const family = async () => (await familyOf(pid)).map((member) => member.pid)
  const words = { server: ' server', agent: ' agent --config', postgres: '/postgres -D' }
  return {
    url,
    token,
    pid,
    family,
    client: connectApi({ url, token }),
    printed: () => text,
    remote: (name: string) => `${url.replace('://', `://x-access-token:${token}@`)}/git/local/${name}.git`,
    part: (name: keyof typeof words) =>
      until(`a ${name} to run`, async () => {
        const found = (await familyOf(pid)).find(({ command }) => command.includes(words[name]))
        return found?.pid
      }),
    async interrupt() {
      const begun = Date.now()
      child.kill('SIGINT')
      const [status] = await exited
      return { status: status as number | null, tookMs: Date.now() - begun }
    },
    async killAll() {
      const pids = await family()
      for (const member of pids) kill(member)
      if (child.exitCode === null && child.signalCode === null) await exited
      await until('every process to be gone', async () => (await stillAlive(pids)).length === 0)
    },
  }
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL')
  } catch {
    // It was quicker.
  }
}

/** A port that is free now. */
export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer()
    probe.once('error', reject)
    probe.listen(0, '127.0.0.1', () => {
      const address = probe.address()
      probe.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 0))
    })
  })
}

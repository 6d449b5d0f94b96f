/** One run of the `postgres` program, from its start to its end. */
import { type ChildProcess, spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { setTimeout as delay } from 'node:timers/promises'
import type { PostgresLog } from './log.ts'

export type Postmaster = {
  pid: number | undefined
  /** True when it takes connections, false when it ended before it did. */
  ready: Promise<boolean>
  ended: Promise<Ending>
  /** Asks, then insists; resolves when it is gone. */
  stop(): Promise<void>
}

/** `how` is an exit code or a signal in words; `lines` are the last of its output. */
export type Ending = { how: string; lines: readonly string[] }

/** Kept of its output, to say why it ended. */
const linesKept = 8

/**
 * Starts it. It is a session of its own, so that Ctrl-C in a terminal reaches us and not the database, which must
 * outlive those who write to it.
 */
export function startPostmaster(options: {
  command: readonly string[]
  env: Record<string, string>
  log: PostgresLog
}): Postmaster {
  const [program = '', ...args] = options.command
  const child = spawn(program, args, {
    env: options.env,
    cwd: '/',
    detached: true,
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  const last: string[] = []
  const { promise: ready, resolve: setReady } = Promise.withResolvers<boolean>()
  createInterface({ input: child.stderr }).on('line', (line) => {
    options.log.info(line)
    last.push(line)
    if (last.length > linesKept) last.shift()
    if (line.includes('database system is ready to accept connections')) setReady(true)
  })
  const ended = endOf(child).then((how) => {
    setReady(false)
    return { how, lines: last }
  })
  return { pid: child.pid, ready, ended, stop: () => stop(child, ended) }
}

function endOf(child: ChildProcess): Promise<string> {
  const { promise, resolve } = Promise.withResolvers<string>()
  child.on('error', (error) => resolve(error.message))
  // 'close' and not 'exit': only then its last lines have been read.
  child.on('close', (code, signal) => resolve(signal === null ? `exit code ${code}` : `signal ${signal}`))
  return promise
}

/** Fast shutdown; then immediate, which leaves the rest to the next start's recovery; then kill. */
async function stop(child: ChildProcess, ended: Promise<Ending>): Promise<void> {
  for (const signal of ['SIGINT', 'SIGQUIT'] as const) {
    child.kill(signal)
    if (await withinMs(ended, 3_000)) return
  }
  child.kill('SIGKILL')
  await ended
}

async function withinMs(ended: Promise<Ending>, ms: number): Promise<boolean> {
  const timer = new AbortController()
  const late = delay(ms, false, { signal: timer.signal }).catch(() => false)
  const inTime = await Promise.race([ended.then(() => true), late])
  timer.abort()
  return inTime
}

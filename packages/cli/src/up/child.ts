import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, openSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { setTimeout as delay } from 'node:timers/promises'

export type ChildOptions = {
  name: string
  args: string[]
  env: Record<string, string | undefined>
  /** Where what it prints goes. */
  logFile: string
  /** Whether somebody waits for it to be ready: if it ends before, it is not started again. */
  isAwaited: boolean
  /** What asks it to end. */
  endBy: 'SIGINT' | 'SIGTERM'
  /** Told in a sentence what became of it, when it ended without being asked to. */
  onLost: (sentence: string) => void
}

export type SupervisedChild = {
  /** Resolves with what the child said first: that it is ready. Rejects when it ends before. */
  ready: Promise<unknown>
  pid: () => number | undefined
  /** Asks it to end and waits; after `withinMs` it is killed. May be called again. */
  stop(withinMs: number): Promise<void>
}

const main = new URL('../main.ts', import.meta.url).pathname
const restartMsMax = 30_000

/**
 * Runs a command of Firn as a process of its own and starts it again when it dies. The child is in a process group of its
 * own, so that Ctrl-C reaches only us and things end in order; it notices by the closed channel when we are gone.
 */
export function supervise(options: ChildOptions): SupervisedChild {
  const stopping = new AbortController()
  const first = Promise.withResolvers<unknown>()
  let child: ChildProcess | undefined

  let isReady = false
  const run = async () => {
    for (let failures = 0; !stopping.signal.aborted; ) {
      const begun = Date.now()
      child = start(options)
      child.once('message', (said) => {
        isReady = true
        first.resolve(said)
      })
      const [code, signal] = await once(child, 'exit')
      if (stopping.signal.aborted) return
      const how = signal === null ? `ended with status ${code}` : `was ended by ${signal}`
      if (!isReady && options.isAwaited) return first.reject(new Error(await whyNotReady(options, how)))
      failures = Date.now() - begun > 60_000 ? 0 : failures + 1
      const waitMs = Math.min(restartMsMax, failures === 1 ? 0 : 500 * 2 ** failures)
      options.onLost(`The ${options.name} ${how}; it is started again. Its log: ${options.logFile}`)
      await delay(waitMs, undefined, { signal: stopping.signal }).catch(() => {})
    }
  }
  const ended = run()
  // Whoever does not wait for readiness must not be ended by the rejection.
  first.promise.catch(() => {})

  return {
    ready: first.promise,
    pid: () => child?.pid,
    async stop(withinMs) {
      stopping.abort()
      child?.kill(options.endBy)
      const kill = setTimeout(() => child?.kill('SIGKILL'), withinMs)
      await ended
      clearTimeout(kill)
    },
  }
}

/** The child's last words, which tell a person more than its exit status. */
async function whyNotReady({ name, logFile }: ChildOptions, how: string): Promise<string> {
  return `The ${name} ${how} before it was ready: ${await lastWords(logFile)}\nIts log: ${logFile}`
}

/** The last line for people in a log: what is for machines is JSON. */
export async function lastWords(logFile: string): Promise<string> {
  const lines = (await readFile(logFile, 'utf8').catch(() => '')).trimEnd().split('\n')
  return (lines.findLast((line) => !line.startsWith('{')) ?? 'it said nothing').replace(/^firn: /, '').trim()
}

/**
 * As in the first line of `main.ts`: a young space in which most of what a request needs dies, and an old one that is swept once it
 * has doubled, not quadrupled. A busy server holds 200 MB of garbage less than by Node's own measures, and is no slower.
 */
const heap = ['--max-semi-space-size=24', '--heap-growing-percent=100']

function start({ args, env, logFile }: ChildOptions): ChildProcess {
  const log = openSync(logFile, 'a', 0o600)
  const child = spawn(process.execPath, [...heap, main, ...args], {
    env,
    stdio: ['ignore', log, log, 'ipc'],
    detached: true,
  })
  closeSync(log)
  return child
}

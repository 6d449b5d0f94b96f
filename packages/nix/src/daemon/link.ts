/** The transport to a daemon: its socket, or the input and output of a daemon that we start. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { connect } from 'node:net'
import type { Readable, Writable } from 'node:stream'
import { StoreLost } from './errors.ts'

/**
 * `socket`: a listening daemon. `stdio`: a program that speaks the protocol on its input and output and is started for
 * this connection (`env` is its whole environment); see `find-store.ts` for one that dies with us.
 */
export type StoreAddress =
  | { kind: 'socket'; path: string }
  | { kind: 'stdio'; argv: string[]; env: Record<string, string> }

export type Link = {
  input: Readable
  output: Writable
  /** what the daemon printed beside the protocol, for messages about its end */
  lastWords(): string
  /** resolves when the other side is gone, with all its processes if they are ours */
  close(): Promise<void>
}

/** How long a daemon of ours may take to end its builders and remove their folders before it is killed. */
const graceMs = 2_000

/** Rejects with `StoreLost` when there is nobody at the address. */
export async function openLink(address: StoreAddress): Promise<Link> {
  return address.kind === 'socket' ? await openSocket(address.path) : await startDaemon(address.argv, address.env)
}

async function openSocket(path: string): Promise<Link> {
  const socket = connect({ path })
  try {
    await once(socket, 'connect')
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause)
    throw new StoreLost(`no store daemon at ${path}: ${reason}`, { cause })
  }
  return {
    input: socket,
    output: socket,
    lastWords: () => '',
    close: async () => {
      if (socket.closed) return
      socket.destroy()
      await once(socket, 'close')
    },
  }
}

async function startDaemon(argv: string[], env: Record<string, string>): Promise<Link> {
  const [program = '', ...args] = argv
  const child = spawn(program, args, { env, stdio: ['pipe', 'pipe', 'pipe'] })
  const exited = new Promise<void>((resolve) => child.once('close', () => resolve()))
  let words = ''
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    words = (words + text).slice(-4096)
  })
  child.stdin.on('error', () => {}) // the reading side tells that the daemon is gone
  try {
    await once(child, 'spawn')
  } catch (cause) {
    throw new StoreLost(`cannot start ${program}: ${cause instanceof Error ? cause.message : String(cause)}`, { cause })
  }
  return {
    input: child.stdout,
    output: child.stdin,
    lastWords: () => words.trim(),
    close: () => endDaemon(child, exited),
  }
}

/** A daemon whose input ends interrupts its builds, removes what they left and exits; one that does not is killed. */
async function endDaemon(child: ChildProcess, exited: Promise<void>): Promise<void> {
  child.stdin?.destroy()
  child.stdout?.resume()
  const kill = setTimeout(() => child.kill('SIGKILL'), graceMs)
  await exited
  clearTimeout(kill)
}

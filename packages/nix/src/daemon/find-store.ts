/**
 * Which store to talk to. The system's daemon where there is one and the user cannot (or should not) write the store;
 * else a daemon of our own per connection, `nix-daemon --stdio`, contained so that it dies with us: after kill -9 of this
 * process a builder that lived on would hold locks in the store.
 */
import { execFile } from 'node:child_process'
import { constants } from 'node:fs'
import { access } from 'node:fs/promises'
import { connect } from 'node:net'
import { join } from 'node:path'
import type { NixInstallation } from '../nix-installation.ts'
import type { StoreAddress } from './link.ts'

/**
 * What becomes of an own daemon and its builders when this process is killed:
 * `pid-namespace`: nothing is left; `parent-death-signal`: the daemon dies, builders may live on for a while;
 * `none`: only an orderly end works; `system`: the system's daemon sees the connection close and ends them.
 */
export type Containment = 'pid-namespace' | 'parent-death-signal' | 'none' | 'system'

export type FoundStore = { address: StoreAddress; containment: Containment; because: string }

export type FindStoreOptions = {
  nix: NixInstallation
  /** the whole environment of an own daemon (PATH finds setpriv and unshare too): NIX_CONF_DIR, NIX_CONFIG, PATH, HOME … */
  env: Record<string, string>
  /** the value of NIX_REMOTE, if it is set: `daemon` or `unix:///…` */
  remote?: string
  /** the system daemon's socket, where it is not at the usual place */
  socket?: string
}

export const systemSocket = '/nix/var/nix/daemon-socket/socket'

export type StoreSearch = { ok: true; store: FoundStore } | { ok: false; reason: string }

/** Refused, with a reason: a `remote` that is no daemon or does not answer, and no daemon at all with a store that cannot be written. */
export async function findStore(options: FindStoreOptions): Promise<StoreSearch> {
  const { remote = '', socket = systemSocket } = options
  if (remote.startsWith('unix://')) return await namedDaemon(remote.slice('unix://'.length), `NIX_REMOTE is ${remote}`)
  if (remote === 'daemon') return await namedDaemon(socket, 'NIX_REMOTE is daemon')
  if (remote !== '' && remote !== 'local' && remote !== 'auto') {
    return { ok: false, reason: `NIX_REMOTE=${remote}: only daemon, unix://<socket>, local and auto are supported` }
  }
  const writable = await openFirstTime(options)
  if (!writable && (await answers(socket)))
    return found({ kind: 'socket', path: socket }, 'system', `the Nix daemon answers at ${socket}`)
  if (!writable)
    return { ok: false, reason: `the store cannot be written by this user, and no daemon answers at ${socket}` }
  const { argv, containment } = await containedCommand([join(options.nix.binDir, 'nix-daemon'), '--stdio'], options.env)
  return found({ kind: 'stdio', argv, env: options.env }, containment, 'this user can write the store')
}

async function namedDaemon(path: string, because: string): Promise<StoreSearch> {
  if (await answers(path)) return found({ kind: 'socket', path }, 'system', because)
  return { ok: false, reason: `${because}, but nothing answers at ${path}` }
}

function found(address: StoreAddress, containment: Containment, because: string): StoreSearch {
  return { ok: true, store: { address, containment, because } }
}

/**
 * Whether this user can write the store. Nix makes the folders it lacks when it first opens the store; that happens here,
 * since an evaluator's sandbox is given `/nix/store` before anything of Nix has run in it.
 */
async function openFirstTime({ nix, env }: FindStoreOptions): Promise<boolean> {
  if (!(await mayWrite('/nix/store'))) await runs([join(nix.binDir, 'nix-store'), '--init'], env)
  return (await mayWrite('/nix/store')) && (await mayWrite('/nix/var/nix/db'))
}

async function mayWrite(folder: string): Promise<boolean> {
  return await access(folder, constants.W_OK).then(
    () => true,
    () => false,
  )
}

async function answers(path: string): Promise<boolean> {
  return await new Promise((resolve) => {
    const socket = connect({ path }, () => {
      socket.destroy()
      resolve(true)
    })
    socket.on('error', () => resolve(false))
  })
}

const dieWithUs = ['setpriv', '--pdeathsig', 'KILL', '--']
const ownPids = ['--pid', '--fork', '--kill-child', '--mount-proc', '--']

/**
 * A daemon notes what it protects from garbage collection in a file named after its process, and takes one of that name
 * for a dead process's and removes it. In PID namespaces all daemons would have one number and rob each other: each is
 * given the number that its namespace has outside, which nobody else has.
 */
const noteNumber = ['sh', '-c', 'export FIRN_PID=$$; exec "$@"', 'sh']
const sameNumber = [
  'sh',
  '-c',
  'echo $((FIRN_PID - 1)) > /proc/sys/kernel/ns_last_pid && { unset FIRN_PID; "$@"; }; exit $?',
  'sh',
]
const withoutCapabilities = ['setpriv', '--inh-caps=-all', '--ambient-caps=-all', '--']

/** A command wrapped in the best containment that works here: tried in turn, with `true` in its place. */
export async function containedCommand(
  argv: string[],
  env: Record<string, string>,
): Promise<{ argv: string[]; containment: Containment }> {
  const named = [...dieWithUs, ...noteNumber, 'unshare']
  const asRoot = [...named, ...ownPids, ...sameNumber]
  const newUser = ['--user', '--map-current-user', '--keep-caps']
  const asUser = [...named, ...newUser, ...ownPids, ...sameNumber, ...withoutCapabilities]
  const prefix = process.getuid?.() === 0 ? asRoot : asUser
  if (await runs([...prefix, 'true'], env)) return { argv: [...prefix, ...argv], containment: 'pid-namespace' }
  if (await runs([...dieWithUs, 'true'], env))
    return { argv: [...dieWithUs, ...argv], containment: 'parent-death-signal' }
  return { argv, containment: 'none' }
}

async function runs([program = '', ...args]: string[], env: Record<string, string>): Promise<boolean> {
  return await new Promise((resolve) => execFile(program, args, { env }, (error) => resolve(error === null)))
}

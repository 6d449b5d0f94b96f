/** For tests: the Nix installations to test against, each with a private configuration. FIRN_TEST_NIX names further bin folders. */
import { execFile, spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { promisify } from 'node:util'
import { type FoundStore, findStore } from '../src/daemon/find-store.ts'
import { findNix, inspectNix, type NixInstallation } from '../src/nix-installation.ts'

export type TestNix = { nix: NixInstallation; env: Record<string, string> }

const path = '/usr/bin:/bin'

const config = `experimental-features = nix-command flakes
substituters =
build-users-group =
sandbox = true
sandbox-paths = /bin/sh=/bin/busybox
`

const confDir = mkdtempSync(join(tmpdir(), 'firn-nix-conf-'))
writeFileSync(join(confDir, 'nix.conf'), config)
process.on('exit', () => rmSync(confDir, { recursive: true, force: true }))

/** The Nix of PATH and those that FIRN_TEST_NIX names; an unusable one is an error, so that no version is left out silently. */
export async function testNixes(): Promise<TestNix[]> {
  const folders = (process.env.FIRN_TEST_NIX ?? '').split(':').filter(Boolean)
  const found = await Promise.all([findNix(process.env.PATH ?? path), ...folders.map(inspectNix)])
  return found.map((result) => {
    if (!result.ok) throw new Error(result.reason)
    return { nix: result.nix, env: { NIX_CONF_DIR: confDir, PATH: path, HOME: confDir } }
  })
}

export async function testStore({ nix, env }: TestNix): Promise<{ store: FoundStore }> {
  const search = await findStore({ nix, env, remote: 'local' })
  if (!search.ok) throw new Error(search.reason)
  return { store: search.store }
}

/** The store is shared by all tests of the machine: a salted name makes a derivation new. */
export function randomSalt(): string {
  return `s${randomBytes(8).toString('hex')}`
}

/** Instantiates an expression and gives its derivations. */
export async function instantiate({ nix, env }: TestNix, expression: string): Promise<string[]> {
  const { stdout } = await promisify(execFile)(join(nix.binDir, 'nix-instantiate'), ['--expr', expression], { env })
  return stdout.trim().split('\n')
}

export function shellDerivation(name: string, script: string, more = ''): string {
  return `derivation { name = "${name}"; system = "x86_64-linux"; builder = "/bin/sh"; args = [ "-c" ${JSON.stringify(script)} ]; ${more} }`
}

/** A daemon as a machine with several users has it, at a socket of its own. */
export async function systemDaemon({
  nix,
  env,
}: TestNix): Promise<{ socket: string; [Symbol.asyncDispose](): Promise<void> }> {
  const folder = mkdtempSync(join(tmpdir(), 'firn-daemon-'))
  chmodSync(folder, 0o755)
  const socket = join(folder, 'socket')
  const argv = ['--pdeathsig', 'KILL', '--', join(nix.binDir, 'nix-daemon')]
  const daemon = spawn('setpriv', argv, { env: { ...env, NIX_DAEMON_SOCKET_PATH: socket }, stdio: 'ignore' })
  const exited = once(daemon, 'close')
  while (!(await answers(socket))) await nextTurn()
  return {
    socket,
    [Symbol.asyncDispose]: async () => {
      daemon.kill('SIGKILL')
      await exited
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

async function answers(socket: string): Promise<boolean> {
  return await new Promise((resolve) => {
    const connection = connect({ path: socket }, () => resolve(true))
    connection.on('connect', () => connection.destroy())
    connection.on('error', () => resolve(false))
  })
}

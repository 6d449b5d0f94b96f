/**
 * Before each build Nix asks a program, its build hook, whether a remote builder would take it: a process for each call of the
 * daemon, which costs as much as a small build itself. Where there are no remote builders nobody need be asked.
 */
import { execFile } from 'node:child_process'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type { NixInstallation } from '../nix-installation.ts'
import type { StoreAddress } from './link.ts'
import type { StoreSettings } from './options-message.ts'

export type HookFacts = {
  nix: NixInstallation
  address: StoreAddress
  /** Nix's setting: builders, one a line or after a `;`, or `@` and a file of them */
  builders: string
  /** a folder for a program, that lives as long as the connections */
  folder: string
}

/**
 * The settings of connections that ask nobody; none where remote builders are configured, or where it is not known how. Only daemons
 * of our own are told: of another it is not known what version it is, and which files it sees.
 */
export async function withoutBuildHook({ nix, address, builders, folder }: HookFacts): Promise<StoreSettings> {
  if (address.kind !== 'stdio' || (await namesBuilders(builders))) return {}
  if (nix.features.hookMayBeEmpty) return { 'build-hook': '' }
  if (nix.version.minor >= 90) return {}
  const program = join(folder, 'build-hook')
  // It listens on until Nix ends it: one that is gone when it is spoken to is told in the log of the build.
  await writeFile(program, `#!/bin/sh\necho '${decline}' >&2\nwhile read -r _; do :; done\n`, { mode: 0o755 })
  return (await declines(program)) ? { 'build-hook': program } : {}
}

/** What a hook says that takes no build, now or later. */
const decline = '# decline-permanently'

async function namesBuilders(builders: string): Promise<boolean> {
  for (const line of entriesOf(builders)) if (!line.startsWith('@') || (await holdsEntries(line.slice(1)))) return true
  return false
}

const entriesOf = (builders: string) =>
  builders
    .split(/[\n;]/)
    .map((line) => line.replace(/#.*/, '').trim())
    .filter((line) => line !== '')

/** One that cannot be read may hold anything; one that is not there holds nothing. */
async function holdsEntries(file: string): Promise<boolean> {
  try {
    return entriesOf(await readFile(file, 'utf8')).length > 0
  } catch (error) {
    return !(error instanceof Error && 'code' in error && error.code === 'ENOENT')
  }
}

/** A folder may be on a file system from which no program is run, and there may be no shell. */
async function declines(program: string): Promise<boolean> {
  try {
    const run = promisify(execFile)(program)
    run.child.stdin?.end()
    return (await run).stderr.trim() === decline
  } catch {
    return false
  }
}

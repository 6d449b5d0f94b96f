/**
 * The log that the store kept of a build: what is told of a derivation that was built on this machine before anybody could
 * be told, for instance by an agent that was killed between a build's end and its report.
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { rm } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { createInterface } from 'node:readline'
import { resultType } from '@firn/contract/agent/log'
import type { BuildSettings } from '@firn/contract/files/agent-config'
import type { FoundStore } from '@firn/nix/daemon/find-store'
import type { NixInstallation } from '@firn/nix/nix-installation'
import type { LogBody } from '../../report/task-log.ts'

export type KeptLogTools = { nix: NixInstallation; environment: Record<string, string>; signal: AbortSignal }

/** `until-told`: as the builder wrote it, and removed once the server has it. */
export type LogKeeping = 'as-nix' | 'until-told' | 'never'

/** The files of a system's daemon are not this user's to remove. */
export function logKeeping({ address }: FoundStore, { keepBuildLog }: BuildSettings): LogKeeping {
  if (keepBuildLog !== undefined) return keepBuildLog ? 'as-nix' : 'never'
  return address.kind === 'stdio' ? 'until-told' : 'as-nix'
}

/** What was kept uncompressed; what Nix packed is of another build, and stays. */
export async function removeKeptLog(environment: Record<string, string>, drvPath: string): Promise<void> {
  const name = basename(drvPath)
  const folder = join(environment.NIX_LOG_DIR ?? '/nix/var/log/nix', 'drvs')
  await rm(join(folder, name.slice(0, 2), name.slice(2)), { force: true })
}

/** Its lines, read by Nix's own command, which knows where they are and how they are packed; none where none was kept. */
export async function* readKeptLog(
  { nix, environment, signal }: KeptLogTools,
  drvPath: string,
): AsyncGenerator<string> {
  // A substituter may have a log too, but then it is of a build elsewhere.
  const args = ['--option', 'substituters', '', '--read-log', drvPath]
  const stdio = ['ignore', 'pipe', 'ignore'] as const
  const child = spawn(join(nix.binDir, 'nix-store'), args, { env: environment, stdio: [...stdio], signal })
  const gone = once(child, 'close')
  gone.catch(() => {}) // met below; the reader may see the end of the pipe first
  try {
    yield* createInterface({ input: child.stdout, crlfDelay: Number.POSITIVE_INFINITY })
    await gone
  } finally {
    child.kill()
  }
}

/** A line as the builder wrote it, in which a phase's beginning is a message of its own (hercules-ci.md 4.9.4). */
export function keptEntry(line: string): LogBody {
  const phase = /^@nix \{"action":"setPhase","phase":"([^"\\]*)"\}$/.exec(line)?.[1]
  return phase === undefined
    ? { tag: 'Result', act: 0, rtype: resultType.logLine, fields: [line] }
    : { tag: 'Result', act: 0, rtype: resultType.phase, fields: [phase] }
}

/** Signs and copies store paths, by Nix's own commands (hercules-ci.md 4.11.1). */
import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify, stripVTControlCharacters } from 'node:util'
import type { NixInstallation } from '@firn/nix/nix-installation'
import { censorUri } from '../agent-info.ts'

export type CopyTools = {
  nix: NixInstallation
  environment: Record<string, string>
  /** ends the commands */
  signal: AbortSignal
}

/** `outputs`: signed with each key, and copied with their closure; `derivations`: the files, which need no signature. */
export type Copying = {
  what: 'outputs' | 'derivations'
  paths: readonly string[]
  storeURI: string
  keyFiles: readonly string[]
}

export type Copied = { ok: true } | { ok: false; reason: string }

/** Of so many paths each command is told; the length of a command line is limited. */
const pathsMax = 1000

export async function copyPaths(tools: CopyTools, { what, paths, storeURI, keyFiles }: Copying): Promise<Copied> {
  for (let from = 0; from < paths.length; from += pathsMax) {
    const some = paths.slice(from, from + pathsMax)
    const { signing, to } = what === 'outputs' ? howToSign(storeURI, keyFiles) : { signing: [], to: pushUri(storeURI) }
    const signings = signing.map((file) => ['store', 'sign', '--recursive', '-k', file])
    const copy = ['copy', ...(what === 'derivations' ? ['--derivation'] : []), '--to', to]
    for (const command of [...signings, copy]) {
      const done = await runNix(tools, [...command, ...some])
      if (!done.ok) return { ok: false, reason: done.reason.replaceAll(storeURI, censorUri(storeURI)) }
    }
  }
  return { ok: true }
}

/**
 * A binary cache signs what is copied to it, with one key: a process less for each push. Other keys, and stores of other
 * kinds, need the paths to be signed before.
 */
function howToSign(storeURI: string, keyFiles: readonly string[]): { signing: readonly string[]; to: string } {
  const [first, ...more] = keyFiles
  if (first === undefined || !isBinaryCache(storeURI)) return { signing: keyFiles, to: pushUri(storeURI) }
  return { signing: more, to: withParameter(pushUri(storeURI), 'secret-key', encodeURIComponent(first)) }
}

function isBinaryCache(storeURI: string): boolean {
  return /^(file|s3|https?):\/\//.test(storeURI)
}

function withParameter(uri: string, name: string, value: string): string {
  return `${uri}${uri.includes('?') ? '&' : '?'}${name}=${value}`
}

/** Zstandard where nobody chose: Nix's default, xz, takes seventy times its processor time. */
export function pushUri(storeURI: string): string {
  const chosen = !isBinaryCache(storeURI) || /[?&]compression=/.test(storeURI)
  return chosen ? storeURI : withParameter(storeURI, 'compression', 'zstd')
}

const run = promisify(execFile)

async function runNix({ nix, environment, signal }: CopyTools, args: string[]): Promise<Copied> {
  const features = ['--extra-experimental-features', 'nix-command']
  try {
    await run(join(nix.binDir, 'nix'), [...features, ...args], { env: environment, signal, maxBuffer: 64 * 1024 ** 2 })
    return { ok: true }
  } catch (error) {
    return { ok: false, reason: lastWords(error) }
  }
}

/** What Nix said last; a failed command's message would repeat its whole command line. */
function lastWords(error: unknown): string {
  const said = error instanceof Error && 'stderr' in error ? String(error.stderr) : ''
  const lines = stripVTControlCharacters(said).trim().split('\n')
  const from = lines.findIndex((line) => line.startsWith('error:'))
  const text = lines.slice(from < 0 ? -1 : from).join('\n')
  return text !== '' ? text.slice(-2000) : error instanceof Error ? error.message : String(error)
}

/** Which Nix there is, and what it can do. */
import { execFile } from 'node:child_process'
import { constants } from 'node:fs'
import { access, realpath } from 'node:fs/promises'
import { delimiter, join } from 'node:path'
import { promisify } from 'node:util'

export type NixVersion = { text: string; major: number; minor: number }

export type NixInstallation = {
  /** the folder that holds `nix`, `nix-daemon` … */
  binDir: string
  version: NixVersion
  features: {
    /** a trace costs little: 2.8 reads the source byte by byte up to each frame's line, half a second in a large file */
    cheapTraces: boolean
    /** a value that failed fails again without being evaluated anew */
    remembersFailures: boolean
    /** the setting `build-hook` may be empty, which means none (tried: 2.26, 2.34; not 2.8, nor Lix with its own numbers) */
    hookMayBeEmpty: boolean
  }
}

export type FoundNix = { ok: true; nix: NixInstallation } | { ok: false; reason: string }

const run = promisify(execFile)

/** `path` is a PATH-like list of folders: the first with a `nix` is taken. Refused: none, an unusable one, older than 2.8. */
export async function findNix(path: string): Promise<FoundNix> {
  for (const binDir of path.split(delimiter).filter((folder) => folder.startsWith('/'))) {
    const nix = join(binDir, 'nix')
    if (await isExecutable(nix)) return await inspectNix(binDir)
  }
  return { ok: false, reason: `no nix in ${path === '' ? 'an empty PATH' : path}` }
}

/** The Nix of one folder. */
export async function inspectNix(binDir: string): Promise<FoundNix> {
  let printed: string
  try {
    printed = (await run(join(binDir, 'nix'), ['--version'])).stdout
  } catch (error) {
    return {
      ok: false,
      reason: `${join(binDir, 'nix')} does not run: ${error instanceof Error ? error.message : String(error)}`,
    }
  }
  const version = parseVersion(printed)
  if (version === undefined)
    return { ok: false, reason: `cannot tell the version of Nix from ${JSON.stringify(printed.trim())}` }
  if (!atLeast(version, 2, 8)) return { ok: false, reason: `Nix ${version.text} is too old: 2.8 or later is needed` }
  const features = {
    cheapTraces: atLeast(version, 2, 9),
    remembersFailures: atLeast(version, 2, 27),
    hookMayBeEmpty: atLeast(version, 2, 26) && version.minor < 90,
  }
  return { ok: true, nix: { binDir: await realpath(binDir), version, features } }
}

/** `nix (Nix) 2.26.3` and what distributions make of it, such as `nix (Lix, like Nix) 2.91.1`. */
export function parseVersion(printed: string): NixVersion | undefined {
  const [, text, major, minor] = /((\d+)\.(\d+)\S*)\s*$/.exec(printed.trim()) ?? []
  return text === undefined ? undefined : { text, major: Number(major), minor: Number(minor) }
}

function atLeast(version: NixVersion, major: number, minor: number): boolean {
  return version.major > major || (version.major === major && version.minor >= minor)
}

async function isExecutable(file: string): Promise<boolean> {
  return await access(file, constants.X_OK).then(
    () => true,
    () => false,
  )
}

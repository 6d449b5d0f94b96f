/** `firn` as users start it, with the Nix settings of tests, and folders to start it in. */
import { randomUUID } from 'node:crypto'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { findNix, inspectNix, type NixInstallation } from '@firn/nix/nix-installation'
import { openNixConfig } from '@firn/testkit/nix-config'
import { type Ended, type RunningFirn, startFirn, startFirnOnTerminal } from '../../testing/start-firn.ts'

export const examples = new URL('../../../../../examples/', import.meta.url).pathname

/** Every Nix to test with: that of PATH, and those that FIRN_TEST_NIX names. */
export async function testNixes(): Promise<NixInstallation[]> {
  const folders = (process.env.FIRN_TEST_NIX ?? '').split(':').filter(Boolean)
  const found = await Promise.all([findNix(process.env.PATH ?? ''), ...folders.map(inspectNix)])
  return found.map((result) => {
    if (!result.ok) throw new Error(result.reason)
    return result.nix
  })
}

export type FirnBench = AsyncDisposable & {
  folder: string
  /** A folder of these files, each with `@salt@` replaced: the store of the machine remembers what it has built. */
  tree(files: Record<string, string>, name?: string): Promise<string>
  start(args: string[], env?: Record<string, string>): RunningFirn
  /** Runs it to its end. */
  firn(...args: string[]): Promise<Ended>
  /** The same on a terminal. */
  onTerminal(...args: string[]): Promise<Ended>
}

export async function openFirnBench(nix: NixInstallation): Promise<FirnBench> {
  const nixConfig = await openNixConfig()
  const folder = await mkdtemp(join(tmpdir(), 'firn-cli-test-'))
  const env = {
    ...process.env,
    PATH: `${nix.binDir}:${process.env.PATH}`,
    NIX_CONF_DIR: nixConfig.folder,
    HOME: folder,
  }
  const start: FirnBench['start'] = (args, more = {}) => startFirn(args, { ...env, ...more })
  return {
    folder,
    async tree(files, name = 'source') {
      const salt = randomUUID()
      const top = join(folder, salt, name)
      for (const [path, text] of Object.entries(files)) {
        await mkdir(dirname(join(top, path)), { recursive: true })
        await writeFile(join(top, path), text.replaceAll('@salt@', salt))
      }
      return top
    },
    start,
    firn: (...args) => start(args).ended,
    onTerminal: (...args) => startFirnOnTerminal(args, { ...env, NO_COLOR: undefined }).ended,
    [Symbol.asyncDispose]: async () => {
      await nixConfig[Symbol.asyncDispose]()
      await rm(folder, { recursive: true, force: true })
    },
  }
}

/** The beginning of a Nix expression: `build name script more` is a derivation of the machine's own shell. */
export const nixBuild = `let
  build = name: script: more: derivation ({
    inherit name; system = "x86_64-linux"; builder = "/bin/sh"; args = [ "-c" script ]; salt = "@salt@";
  } // more);
  make = name: build name "echo \${name} > $out" { };
in `

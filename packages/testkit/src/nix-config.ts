import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** Nix settings that tests run with: no substituters, sandboxed builds, busybox as the sandbox's shell. */
export const testNixConfig = [
  'experimental-features = nix-command flakes',
  'substituters =',
  'build-users-group =',
  'sandbox = true',
  'sandbox-paths = /bin/sh=/bin/busybox',
  'fsync-metadata = false',
].join('\n')

/** A folder to name by `NIX_CONF_DIR`, removed when disposed of. */
export async function openNixConfig(): Promise<{ folder: string } & AsyncDisposable> {
  const folder = await mkdtemp(join(tmpdir(), 'firn-test-nix-'))
  await writeFile(join(folder, 'nix.conf'), `${testNixConfig}\n`)
  return { folder, [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }) }
}

import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { makeFileCache } from '@firn/agent/testing/file-cache'
import { findNix } from '@firn/nix/nix-installation'

/** A binary cache in a folder, with the `binary-caches.json` of the agents that use it. */
export async function openFileCache(): Promise<{ folder: string; caches: object } & AsyncDisposable> {
  const nix = await findNix(process.env.PATH ?? '')
  if (!nix.ok) throw new Error(nix.reason)
  const base = await mkdtemp(join(tmpdir(), 'firn-test-cache-'))
  const { folder, name, storeURI, signingKeys, publicKeys } = await makeFileCache(nix.nix, base)
  const caches = { [name]: { kind: 'NixCache', storeURI, signingKeys, publicKeys } }
  return { folder, caches, [Symbol.asyncDispose]: () => rm(base, { recursive: true, force: true }) }
}

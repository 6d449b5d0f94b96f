import { execFile } from 'node:child_process'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'

const run = promisify(execFile)

/** A binary cache in a folder, with the `binary-caches.json` of the agents that use it. */
export async function openFileCache(): Promise<{ folder: string; caches: object } & AsyncDisposable> {
  const base = await mkdtemp(join(tmpdir(), 'firn-test-cache-'))
  const [secret, open] = [join(base, 'secret'), join(base, 'public')]
  await run('nix-store', ['--generate-binary-cache-key', 'ours', secret, open])
  const key = async (file: string) => (await readFile(file, 'utf8')).trim()
  const folder = join(base, 'cache')
  const ours = {
    kind: 'NixCache',
    storeURI: `file://${folder}`,
    signingKeys: [await key(secret)],
    publicKeys: [await key(open)],
  }
  return { folder, caches: { ours }, [Symbol.asyncDispose]: () => rm(base, { recursive: true, force: true }) }
}

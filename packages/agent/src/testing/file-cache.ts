/** A binary cache in a folder, with a key that signs for it. */
import { execFileSync } from 'node:child_process'
import { mkdir, readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { NixInstallation } from '@firn/nix/nix-installation'
import type { Cache } from '../caches/read-caches.ts'

export type FileCache = Cache & {
  folder: string
  /** store path → its narinfo */
  contents(): Promise<Map<string, string>>
}

export async function makeFileCache(nix: NixInstallation, parent: string, name = 'ours'): Promise<FileCache> {
  const folder = join(parent, `cache-${name}`)
  await mkdir(folder)
  const [secret, open] = [join(parent, `${name}.secret`), join(parent, `${name}.public`)]
  execFileSync(join(nix.binDir, 'nix-store'), ['--generate-binary-cache-key', name, secret, open])
  const key = async (file: string) => (await readFile(file, 'utf8')).trim()
  return {
    name,
    folder,
    storeURI: `file://${folder}`,
    signingKeys: [await key(secret)],
    publicKeys: [await key(open)],
    contents: async () => {
      const files = (await readdir(folder)).filter((file) => file.endsWith('.narinfo'))
      const infos = await Promise.all(files.map((file) => readFile(join(folder, file), 'utf8')))
      return new Map(infos.map((info) => [/^StorePath: (.*)$/m.exec(info)?.[1] ?? '', info]))
    },
  }
}

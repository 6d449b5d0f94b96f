import { randomUUID } from 'node:crypto'
import { mkdir, open, readFile, rename, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'

/** Where large immutable things are kept, by key (slash-separated names, no `..`). */
export type BlobStore = {
  /** Durable once resolved. A key is written once; writing the same bytes again is no harm. */
  put(key: string, bytes: Uint8Array): Promise<void>
  /** @throws when there is none */
  get(key: string): Promise<Buffer>
  delete(key: string): Promise<void>
}

/** Blobs as files below `folder`; a file appears whole or not at all. */
export function fileBlobs(folder: string): BlobStore {
  return {
    async put(key, bytes) {
      const path = join(folder, key)
      await mkdir(dirname(path), { recursive: true })
      const partial = `${path}.${randomUUID()}.partial`
      await using file = await open(partial, 'wx', 0o600)
      await file.writeFile(bytes)
      await file.sync()
      await rename(partial, path)
    },
    get: (key) => readFile(join(folder, key)),
    delete: (key) => rm(join(folder, key), { force: true }),
  }
}

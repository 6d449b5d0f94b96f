import { randomUUID } from 'node:crypto'
import { mkdir, open, opendir, readFile, rename, rm, stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'

/** Where large immutable things are kept, by key (slash-separated names, no `..`). */
export type BlobStore = {
  /** Durable once resolved. A key is written once; writing the same bytes again is no harm. */
  put(key: string, bytes: Uint8Array): Promise<void>
  /** @throws when there is none */
  get(key: string): Promise<Buffer>
  delete(key: string): Promise<void>
  /** All blobs below a prefix that ends in a slash, those half written included, with when they were put (ms since 1970). */
  list(prefix: string): AsyncIterable<{ key: string; changedAt: number }>
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
    list: (prefix) => filesBelow(folder, prefix.replace(/\/$/, '')),
  }
}

async function* filesBelow(folder: string, under: string): AsyncGenerator<{ key: string; changedAt: number }> {
  const entries = await orGone(opendir(join(folder, under)))
  if (entries === undefined) return
  for await (const entry of entries) {
    const key = `${under}/${entry.name}`
    if (entry.isDirectory()) yield* filesBelow(folder, key)
    else {
      const found = await orGone(stat(join(folder, key)))
      if (found !== undefined) yield { key, changedAt: found.mtimeMs }
    }
  }
}

/** What somebody deletes while we look is not there. */
async function orGone<T>(asked: Promise<T>): Promise<T | undefined> {
  try {
    return await asked
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined
    throw error
  }
}

/**
 * Pushes to one cache. What comes while a push is under way goes together in the next: with many slots a push costs few
 * processes more than a single build's.
 */
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type Backoff, retry } from '@firn/base/backoff'
import type { Log } from '@firn/base/log'
import { type Copied, type Copying, type CopyTools, copyPaths } from './copy.ts'
import type { Cache } from './read-caches.ts'

export type PusherNeeds = CopyTools & {
  cache: Cache
  /** the cache's signing keys, as files */
  keyFiles: readonly string[]
  backoff: Backoff
  log: Log
}

type What = Copying['what']
type Request = { what: What; paths: readonly string[]; done: PromiseWithResolvers<Copied> }

export class CachePusher {
  readonly #needs: PusherNeeds
  #waiting: Request[] = []
  #working: Promise<void> | undefined

  constructor(needs: PusherNeeds) {
    this.#needs = needs
  }

  get cacheName(): string {
    return this.#needs.cache.name
  }

  /** Resolves when the paths are in the cache with their closure, or every try has failed. */
  async push(what: What, paths: readonly string[]): Promise<Copied> {
    const request = { what, paths, done: Promise.withResolvers<Copied>() }
    this.#waiting.push(request)
    this.#working ??= this.#work()
    return await request.done.promise
  }

  async #work(): Promise<void> {
    while (this.#waiting.length > 0) {
      const byKind = Map.groupBy(this.#waiting.splice(0), ({ what }) => what)
      for (const [what, requests] of byKind) await this.#together(what, requests)
    }
    this.#working = undefined
  }

  /** If one of them cannot be pushed, the others should not fail with it: then each goes alone. */
  async #together(what: What, requests: Request[]): Promise<void> {
    const all = [...new Set(requests.flatMap(({ paths }) => paths))]
    const copied = requests.length > 1 ? await this.#copy(what, all) : undefined
    if (copied?.ok) for (const { done } of requests) done.resolve(copied)
    else for (const { paths, done } of requests) done.resolve(await this.#copyPatiently(what, paths))
  }

  async #copyPatiently(what: What, paths: readonly string[]): Promise<Copied> {
    const { backoff, signal, log, cache } = this.#needs
    const retried = await retry({
      backoff,
      signal,
      attempt: async () => {
        const copied = await this.#copy(what, paths)
        return copied.ok ? { done: copied } : { again: copied.reason }
      },
      onWait: (reason, ms) => log.warn({ cache: cache.name, retryMs: Math.round(ms) }, `a push failed: ${reason}`),
    })
    return retried.ok ? retried.value : retried
  }

  #copy(what: What, paths: readonly string[]): Promise<Copied> {
    const { cache, keyFiles } = this.#needs
    return copyPaths(this.#needs, { what, paths, storeURI: cache.storeURI, keyFiles })
  }
}

/** A pusher for each cache; the signing keys are in `folder` as long as the agent runs, since Nix reads them from files. */
export async function openPushers(
  caches: readonly Cache[],
  folder: string,
  needs: Omit<PusherNeeds, 'cache' | 'keyFiles'>,
): Promise<CachePusher[]> {
  return await Promise.all(
    caches.map(async (cache, n) => {
      const keyFiles = cache.signingKeys.map((_, k) => join(folder, `cache-${n}-${k}.key`))
      for (const [k, key] of cache.signingKeys.entries())
        await writeFile(keyFiles[k] ?? '', key, { mode: 0o600, flag: 'wx' })
      return new CachePusher({ ...needs, cache, keyFiles })
    }),
  )
}

/** Not ok: the sentence names the cache (hercules-ci.md 4.11.5). */
export async function pushToAll(
  pushers: readonly CachePusher[],
  what: What,
  paths: readonly string[],
): Promise<{ ok: true; caches: string[] } | { ok: false; reason: string }> {
  if (paths.length === 0) return { ok: true, caches: [] }
  const results = await Promise.all(pushers.map(async (pusher) => ({ pusher, copied: await pusher.push(what, paths) })))
  for (const { pusher, copied } of results)
    if (!copied.ok)
      return { ok: false, reason: `could not be pushed to the cache ${pusher.cacheName}: ${copied.reason}` }
  return { ok: true, caches: pushers.map(({ cacheName }) => cacheName) }
}

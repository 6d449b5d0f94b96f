/**
 * Kept connections to one store: a connection costs about 60 ms where it starts a daemon of its own, and it works on one
 * thing at a time. A broken connection is thrown away; the next one who asks gets a new one.
 */
import { type ConnectOptions, connectStore, type StoreConnection, StoreLost } from './client.ts'
import type { StoreAddress } from './link.ts'

export type PoolOptions = ConnectOptions & {
  /** connections kept open while nobody uses them */
  min: number
  /** connections at the same time; who comes later waits */
  max: number
}

/** Given back by `release` or by the end of `await using`. */
export type Lease = {
  store: StoreConnection
  /** it was there already, so its daemon may have died unnoticed */
  kept: boolean
  release: () => Promise<void>
  [Symbol.asyncDispose](): Promise<void>
}

export class StorePool {
  readonly #address: StoreAddress
  readonly #options: PoolOptions
  readonly #idle: StoreConnection[] = []
  readonly #waiting: PromiseWithResolvers<void>[] = []
  #open = 0
  #closed = false

  constructor(address: StoreAddress, options: PoolOptions) {
    this.#address = address
    this.#options = options
  }

  /** Rejects with `StoreLost` when no connection can be made, or the pool is closed. */
  async acquire(): Promise<Lease> {
    for (;;) {
      if (this.#closed) throw new StoreLost('the pool is closed')
      const kept = this.#idle.pop()
      if (kept?.usable) return this.#lease(kept, true)
      if (kept) this.#open--
      else if (this.#open < this.#options.max) return this.#lease(await this.#connect(), false)
      else await this.#oneIsFree()
    }
  }

  /**
   * Runs `work` with a connection, which is closed at once when the signal is aborted: a daemon ends the builders of a
   * connection that closes. Where a kept connection turns out to be dead before its daemon has said a word, `work` begins
   * anew with another; a daemon that is away is told by the new connection that cannot be made.
   */
  async use<T>(work: (store: StoreConnection) => Promise<T>, signal?: AbortSignal): Promise<T> {
    for (;;) {
      await using lease = await this.acquire()
      const { store, kept } = lease
      const heard = store.heard
      try {
        return await untilAborted(store, signal, work)
      } catch (error) {
        const wasDead = kept && error instanceof StoreLost && store.heard === heard
        if (!wasDead || signal?.aborted) throw error
      }
    }
  }

  /** Closes what is idle; what is in use is closed when it comes back. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed = true
    for (const waiting of this.#waiting.splice(0)) waiting.resolve()
    await Promise.all(this.#idle.splice(0).map((store) => this.#discard(store)))
  }

  async #connect(): Promise<StoreConnection> {
    this.#open++
    try {
      return await connectStore(this.#address, this.#options)
    } catch (error) {
      this.#open--
      this.#waiting.shift()?.resolve()
      throw error
    }
  }

  #lease(store: StoreConnection, kept: boolean): Lease {
    let released: Promise<void> | undefined
    const release = () => {
      released ??= this.#takeBack(store)
      return released
    }
    return { store, kept, release, [Symbol.asyncDispose]: release }
  }

  async #takeBack(store: StoreConnection): Promise<void> {
    const keep = store.reusable && !this.#closed && (this.#waiting.length > 0 || this.#idle.length < this.#options.min)
    if (keep) this.#idle.push(store)
    else await this.#discard(store)
    this.#waiting.shift()?.resolve()
  }

  async #discard(store: StoreConnection): Promise<void> {
    await store[Symbol.asyncDispose]()
    this.#open--
  }

  async #oneIsFree(): Promise<void> {
    const free = Promise.withResolvers<void>()
    this.#waiting.push(free)
    await free.promise
  }
}

async function untilAborted<T>(
  store: StoreConnection,
  signal: AbortSignal | undefined,
  work: (store: StoreConnection) => Promise<T>,
): Promise<T> {
  const close = () => void store[Symbol.asyncDispose]()
  signal?.addEventListener('abort', close, { once: true })
  try {
    signal?.throwIfAborted()
    return await work(store)
  } finally {
    signal?.removeEventListener('abort', close)
    if (signal?.aborted) await store[Symbol.asyncDispose]()
  }
}

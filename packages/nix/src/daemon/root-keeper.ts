import { connectStore, type StoreConnection, StoreError, StoreLost } from './client.ts'
import type { StoreAddress } from './link.ts'

/** Keeps paths from garbage collection as long as it lives, by a connection that does nothing else. */
export class RootKeeper {
  readonly #address: StoreAddress
  #store: Promise<StoreConnection> | undefined
  #closed = false

  constructor(address: StoreAddress) {
    this.#address = address
  }

  /**
   * Resolves when the paths are safe. A store that is lost or refuses is no error here: who needs what was not kept finds it
   * missing, and says so.
   * @returns why they are not, if so
   */
  async keep(paths: readonly string[]): Promise<string | undefined> {
    if (paths.length === 0) return undefined
    // A connection made now would have nobody to close it, and its daemon would keep the process from ending.
    if (this.#closed) return 'nothing is kept any more'
    this.#store ??= connectStore(this.#address)
    const connecting = this.#store
    try {
      const store = await connecting
      await Promise.all(paths.map((path) => store.addTempRoot(path)))
      return undefined
    } catch (error) {
      if (!(error instanceof StoreLost || error instanceof StoreError)) throw error
      // One that only refused keeps what it was told before. One that is lost is closed, or its daemon would stay.
      const store = await connecting.catch(() => undefined)
      if (store?.usable) return error.message
      if (this.#store === connecting) this.#store = undefined
      await store?.[Symbol.asyncDispose]()
      return error.message
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed = true
    const store = await this.#store?.catch(() => undefined) // one that could not be made is closed already
    await store?.[Symbol.asyncDispose]()
  }
}

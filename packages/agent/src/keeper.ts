/**
 * Keeps what evaluations found and builds made from garbage collection until it is used: between an evaluation and the
 * builds that it asks for, and between a build and those that need it, nothing else does. There are two keepers, of which
 * the older is given up each time the newer has grown old:
 *
 *   keep ─► young ─(keepMs)─► old ─(keepMs)─► given up
 */
import type { Log } from '@firn/base/log'
import type { StoreAddress } from '@firn/nix/daemon/client'
import { RootKeeper } from '@firn/nix/daemon/root-keeper'

export type KeeperOptions = {
  /** what is kept is kept for so long at least, and twice as long at most */
  keepMs: number
  log: Log
}

export class Keeper {
  readonly #address: StoreAddress
  readonly #options: KeeperOptions
  #young: RootKeeper
  #old: RootKeeper | undefined
  #bornAt = performance.now()

  constructor(address: StoreAddress, options: KeeperOptions) {
    this.#address = address
    this.#options = options
    this.#young = new RootKeeper(address)
  }

  /** Resolves when the paths are safe, or it is logged why they are not. */
  async keep(paths: readonly string[]): Promise<void> {
    if (performance.now() - this.#bornAt >= this.#options.keepMs) await this.#grow()
    const problem = await this.#young.keep(paths)
    if (problem !== undefined)
      this.#options.log.warn(`the store cannot be told what to keep from garbage collection: ${problem}`)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#young[Symbol.asyncDispose]()
    await this.#old?.[Symbol.asyncDispose]()
  }

  async #grow(): Promise<void> {
    const given = this.#old
    this.#old = this.#young
    this.#young = new RootKeeper(this.#address)
    this.#bornAt = performance.now()
    await given?.[Symbol.asyncDispose]()
  }
}

/** Kept store connections for builds; see `@firn/nix/daemon/pool`. */
import type { StoreConnection } from '@firn/nix/daemon/client'
import type { StorePool } from '@firn/nix/daemon/pool'

/** A connection keeps everything it has touched from being collected, so it is not kept for ever. */
const usesMax = 100

const uses = new WeakMap<StoreConnection, number>()

/** `StorePool.use` with a signal, for what touches many paths. */
export async function withStore<T>(
  pool: StorePool,
  signal: AbortSignal,
  work: (store: StoreConnection) => Promise<T>,
): Promise<T> {
  return await pool.use(async (store) => {
    try {
      return await work(store)
    } finally {
      const used = (uses.get(store) ?? 0) + 1
      uses.set(store, used)
      if (used >= usesMax) await store[Symbol.asyncDispose]()
    }
  }, signal)
}

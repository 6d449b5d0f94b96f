/** Kept store connections for builds; see `@firn/nix/daemon/pool`. */
import type { StoreConnection } from '@firn/nix/daemon/client'
import type { StorePool } from '@firn/nix/daemon/pool'

/** A connection keeps everything it has touched from being collected, so it is not kept for ever. */
const usesMax = 100

const uses = new WeakMap<StoreConnection, number>()

/**
 * Runs `work` with a connection that is closed at once when the signal is aborted: a daemon ends the builders of a
 * connection that closes.
 */
export async function withStore<T>(
  pool: StorePool,
  signal: AbortSignal,
  work: (store: StoreConnection) => Promise<T>,
): Promise<T> {
  await using lease = await pool.acquire()
  const { store } = lease
  const close = () => void store[Symbol.asyncDispose]()
  signal.addEventListener('abort', close, { once: true })
  try {
    signal.throwIfAborted()
    return await work(store)
  } finally {
    signal.removeEventListener('abort', close)
    const used = (uses.get(store) ?? 0) + 1
    uses.set(store, used)
    if (used >= usesMax || signal.aborted) await store[Symbol.asyncDispose]()
  }
}

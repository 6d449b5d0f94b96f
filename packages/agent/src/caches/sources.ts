/** The stores that an evaluation asks for outputs: each over a kept connection, opened when it is first asked. */
import { join } from 'node:path'
import { connectStore, type StoreConnection } from '@firn/nix/daemon/client'
import { containedCommand } from '@firn/nix/daemon/find-store'
import { censorUri } from '../agent-info.ts'
import type { Machine } from '../machine.ts'
import { type OutputSource, trustedBy } from './find-outputs.ts'

type Place = Pick<Machine, 'nix' | 'config' | 'pool' | 'pushers' | 'fetching'>

/**
 * This machine's own store counts where there are no caches: agents share it then. With caches, what only this store has
 * is built by name, which costs nothing but the push that was missing.
 */
export function openSources(machine: Place, signal: AbortSignal): { sources: OutputSource[] } & AsyncDisposable {
  const opened = new AsyncDisposableStack()
  const own: OutputSource[] =
    machine.pushers.length > 0
      ? []
      : [{ storeURI: 'auto', use: (work) => machine.pool.use(work), mayFetch: () => true }]
  const { substituters, publicKeys } = machine.fetching
  const mayFetch = trustedBy(publicKeys)
  const remote = substituters.map((uri): OutputSource => {
    let connection: Promise<StoreConnection> | undefined
    const use: OutputSource['use'] = async (work) => {
      connection ??= connectTo(machine, uri, signal).then((store) => opened.use(store))
      return await work(await connection)
    }
    return { storeURI: censorUri(uri), use, mayFetch }
  })
  return { sources: [...own, ...remote], [Symbol.asyncDispose]: () => opened.disposeAsync() }
}

/** A daemon in front of any store that Nix can open: the same questions and answers for a folder, S3 and HTTP. */
async function connectTo({ nix, config }: Place, uri: string, signal: AbortSignal): Promise<StoreConnection> {
  const { environment } = config
  const options = ['--option', 'narinfo-cache-negative-ttl', '0', '--option', 'download-attempts', '2']
  const daemon = [join(nix.binDir, 'nix-daemon'), '--stdio', '--store', uri, ...options]
  const { argv } = await containedCommand(daemon, environment)
  return await connectStore({ kind: 'stdio', argv, env: environment }, { signal, verbosity: 0 })
}

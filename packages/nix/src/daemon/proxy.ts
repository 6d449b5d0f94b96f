/**
 * A store for evaluators: a socket that speaks the daemon protocol in front of a real store. Everything an evaluator needs
 * passes; builds do not (evaluation never builds, see `evaluator/`), nor does anything else that changes what others see.
 *
 *   evaluator ── socket ── ProxySession ── ProxyUpstream ── daemon        one of each per evaluator
 */
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { rm } from 'node:fs/promises'
import { createServer, type Socket } from 'node:net'
import { StoreLost } from './errors.ts'
import type { StoreAddress } from './link.ts'
import { ProxySession } from './proxy-session.ts'
import { ProxyUpstream } from './proxy-upstream.ts'
import type { RefusedBuild } from './refusal.ts'
import { RootKeeper } from './root-keeper.ts'
import { WriteLedger } from './write-ledger.ts'

export type StoreProxyOptions = {
  store: StoreAddress
  /** where to listen; what is there is replaced */
  socket: string
  /** settings of the connections to the store, by their names in nix.conf; builds and fetching are off whatever they say */
  settings?: Record<string, string>
  /** what evaluators may write, all of them together, bytes; default: no limit */
  maxBytes?: number
  /** they wanted to write more, and the one that did has lost its connection */
  onTooMuch?: (reason: string) => void
  /** called before the evaluator hears of it */
  onRefusedBuild: (build: RefusedBuild) => void
  /** the store died under an evaluator, or did not take what was written */
  onBroken?: (reason: string) => void
}

export type StoreProxy = {
  socket: string
  /** marks the proxy's refusals; see `parseRefusal` */
  nonce: string
  /** whether everything that evaluators wrote so far is in the store */
  readonly settled: boolean
  /** resolves when it is; with the reason where the store did not take it */
  flushed(): Promise<string | undefined>
  [Symbol.asyncDispose](): Promise<void>
}

const buildNothing = { 'max-jobs': '0', builders: '', substitute: 'false' }

/** Rejects when the socket cannot be made; a store that does not answer shows at the first evaluator, by `onBroken`. */
export async function openStoreProxy(options: StoreProxyOptions): Promise<StoreProxy> {
  const nonce = randomBytes(16).toString('hex')
  const ledger = new WriteLedger(options.maxBytes)
  const serving = new Map<Socket, Promise<void>>()
  const settings = { ...options.settings, ...buildNothing }
  const onTooMuch = () =>
    options.onTooMuch?.(`the evaluation wrote more than ${megabytes(options.maxBytes ?? 0)} to the store`)
  const tellBroken = (reason: string) => options.onBroken?.(reason)
  // Roots end with the connection that made them, and an evaluator's ends with it: its successors rely on what it wrote.
  const keeper = new RootKeeper(options.store)
  let isOpen = true
  const keepWritten = async () => {
    if (isOpen) await keeper.keep(ledger.takeTops())
  }
  const serve = async (client: Socket) => {
    client.on('error', () => client.destroy())
    const upstream = await ProxyUpstream.open(options.store, settings)
    try {
      await new ProxySession(client, upstream, {
        nonce,
        ledger,
        onTooMuch,
        onRefusedBuild: options.onRefusedBuild,
      }).serve()
    } finally {
      await keepWritten()
      await upstream.close()
    }
    if (ledger.failure !== undefined) tellBroken(ledger.failure)
  }
  const server = createServer((client) => {
    const served = serve(client)
      .catch((error: unknown) => {
        client.destroy()
        if (!(error instanceof StoreLost)) throw error
        tellBroken(error.message)
      })
      .finally(() => serving.delete(client))
    serving.set(client, served)
  })
  await rm(options.socket, { force: true })
  server.listen(options.socket)
  await once(server, 'listening')
  return {
    socket: options.socket,
    nonce,
    get settled() {
      return ledger.settled
    },
    flushed: () => ledger.flushed(),
    [Symbol.asyncDispose]: async () => {
      isOpen = false
      const closed = new Promise<void>((resolve) => server.close(() => resolve()))
      const ending = [...serving.values()]
      for (const client of serving.keys()) client.destroy()
      await Promise.all([closed, ...ending])
      await keeper[Symbol.asyncDispose]()
    },
  }
}

function megabytes(bytes: number): string {
  return `${Math.round(bytes / 1024 ** 2)} MB`
}

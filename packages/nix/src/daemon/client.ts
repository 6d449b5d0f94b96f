/**
 * A client of the Nix daemon: connect, ask, build. One operation at a time per connection (calls queue up); take several
 * connections for concurrency (`pool.ts`).
 *
 *   await using store = await connectStore(address, { settings: { 'max-jobs': '1' }, signal })
 *   const [result] = await store.build([{ drvPath, outputs: '*' }], (event) => log(event))
 */
import { type BuildResult, readBuildResult } from './build-result.ts'
import { BuildTimes } from './build-times.ts'
import { StoreError, StoreLost } from './errors.ts'
import type { StoreEvent } from './events.ts'
import { greetDaemon, workDone } from './handshake.ts'
import { Incoming } from './incoming.ts'
import { type Link, openLink, type StoreAddress } from './link.ts'
import { defaultVerbosity, type StoreSettings, setOptionsMessage } from './options-message.ts'
import { type PathInfo, readPathInfo } from './path-info.ts'
import { operations, spokenVersion } from './protocol.ts'
import { type Decoder, daemonLimits, Encoder } from './wire.ts'

export type { BuildResult, BuildStatus } from './build-result.ts'
export { isSuccess } from './build-result.ts'
export { StoreError, StoreLost } from './errors.ts'
export type { StoreEvent } from './events.ts'
export type { StoreAddress } from './link.ts'
export type { PathInfo } from './path-info.ts'

export type Wanted = { drvPath: string; outputs: '*' | string[] }

export type Missing = {
  willBuild: string[]
  willSubstitute: string[]
  unknown: string[]
  /** bytes */
  downloadSize: number
  narSize: number
}

export type ConnectOptions = {
  /** by their names in nix.conf; see `setOptionsMessage` */
  settings?: StoreSettings
  /** 0 errors … 3 info (default) … 7 */
  verbosity?: number
  /** ends the connection, and with it the builders that work for it */
  signal?: AbortSignal
}

/** May return a promise: the daemon is not read on before it is settled, so a slow reader slows the builder down. */
export type OnStoreEvent = (event: StoreEvent) => void | Promise<void>

/** Rejects with `StoreLost` when nobody answers at the address or the answer is not the protocol's. */
export async function connectStore(address: StoreAddress, options: ConnectOptions = {}): Promise<StoreConnection> {
  if (options.signal?.aborted) throw new StoreLost('stopped before the connection was made')
  const link = await openLink(address)
  const connection = new StoreConnection(link, options)
  try {
    await connection.greet(setOptionsMessage(connection.settings, options.verbosity ?? defaultVerbosity))
    return connection
  } catch (error) {
    await connection[Symbol.asyncDispose]()
    throw withLastWords(error, link)
  }
}

function withLastWords(error: unknown, link: Link): unknown {
  const lastWords = link.lastWords()
  return error instanceof StoreLost && lastWords !== ''
    ? new StoreLost(error.message, { cause: error, lastWords })
    : error
}

type Operation = { number: number; write: (message: Encoder) => void; on?: OnStoreEvent }

export class StoreConnection {
  /** the version spoken on this connection */
  readonly protocol = spokenVersion
  /** what this side asked for */
  readonly settings: StoreSettings
  /** the version that the daemon offered */
  offered = { major: 0, minor: 0 }
  daemonVersion: string | undefined
  /** what the daemon remarked on our settings, such as those that it ignores */
  remarks: readonly string[] = []
  /** how many answers and events the daemon has given: where none is new, nothing that was asked is known to have been begun */
  heard = 0
  readonly #link: Link
  readonly #incoming: Incoming
  readonly #signal: AbortSignal | undefined
  readonly #onAbort = () => void this.#close('stopped')
  #turn: Promise<unknown> = Promise.resolve()
  #mayHangUp = false
  #closing: Promise<void> | undefined

  constructor(link: Link, { settings = {}, signal }: ConnectOptions) {
    this.#link = link
    this.settings = settings
    this.#incoming = new Incoming(link.input, daemonLimits)
    this.#signal = signal
    link.output.on('error', (error) => this.#incoming.end(new StoreLost(error.message, { cause: error })))
    signal?.addEventListener('abort', this.#onAbort, { once: true })
    if (signal?.aborted) this.#onAbort()
  }

  /** Whether the connection can still be used. */
  get usable(): boolean {
    return this.#incoming.lost === undefined && this.#closing === undefined
  }

  /**
   * Whether it may be kept for the next who asks: not after a build that was answered with an error. A daemon to whom
   * something happens that is no error of Nix's own says so in the same way, and then hangs up.
   */
  get reusable(): boolean {
    return this.usable && !this.#mayHangUp
  }

  /** Handshake and settings; called once, by `connectStore`. */
  async greet(setOptions: Buffer): Promise<void> {
    const write = (bytes: Buffer) => void this.#link.output.write(bytes)
    const { offered, daemonVersion, remarks } = await greetDaemon({ incoming: this.#incoming, write }, setOptions)
    this.offered = offered
    this.daemonVersion = daemonVersion
    this.remarks = remarks
  }

  async isValidPath(path: string): Promise<boolean> {
    return await this.#ask({ number: operations.isValidPath, write: (m) => m.string(path) }, () =>
      this.#decode((d) => d.boolean()),
    )
  }

  /** Those of `paths` that are in the store. */
  async queryValidPaths(paths: readonly string[]): Promise<Set<string>> {
    const operation = {
      number: operations.queryValidPaths,
      write: (m: Encoder) => void m.strings(paths).boolean(false),
    }
    return new Set(await this.#ask(operation, () => this.#strings()))
  }

  /** `undefined` when the path is not in the store. */
  async queryPathInfo(path: string): Promise<PathInfo | undefined> {
    const operation = { number: operations.queryPathInfo, write: (m: Encoder) => void m.string(path) }
    const { info } = await this.#ask(operation, () => this.#decode((d) => readPathInfo(d, path)))
    return info
  }

  /** What a build would have to build and fetch. */
  async queryMissing(wanted: readonly Wanted[]): Promise<Missing> {
    return await this.#ask(
      { number: operations.queryMissing, write: (m) => m.strings(wanted.map(wantedText)) },
      async () => ({
        willBuild: await this.#strings(),
        willSubstitute: await this.#strings(),
        unknown: await this.#strings(),
        downloadSize: await this.#decode((d) => d.looseNumber()),
        narSize: await this.#decode((d) => d.looseNumber()),
      }),
    )
  }

  /** Output name → path; `undefined` for a path that is not known before the build. */
  async queryDerivationOutputMap(drvPath: string): Promise<Record<string, string | undefined>> {
    const operation = { number: operations.queryDerivationOutputMap, write: (m: Encoder) => void m.string(drvPath) }
    const pairs = await this.#ask(operation, () => this.#incoming.decodeList((d) => [d.string(), d.string()] as const))
    const outputs: Record<string, string | undefined> = Object.create(null)
    for (const [name, path] of pairs) outputs[name] = path === '' ? undefined : path
    return outputs
  }

  /** Makes a path valid by substitution if it is not; the reason when that is not possible. */
  async ensurePath(path: string, on?: OnStoreEvent): Promise<{ ok: true } | { ok: false; reason: string }> {
    try {
      await this.#ask({ number: operations.ensurePath, write: (m) => m.string(path), ...(on && { on }) }, () =>
        this.#acknowledged(),
      )
      return { ok: true }
    } catch (error) {
      if (error instanceof StoreError) return { ok: false, reason: error.message }
      throw error
    }
  }

  /** Protects a path from garbage collection as long as this connection lives. */
  async addTempRoot(path: string): Promise<void> {
    await this.#ask({ number: operations.addTempRoot, write: (m) => m.string(path) }, () => this.#acknowledged())
  }

  /** Registers a symlink outside the store as a root; it counts as long as it points to a store path. */
  async addIndirectRoot(link: string): Promise<void> {
    await this.#ask({ number: operations.addIndirectRoot, write: (m) => m.string(link) }, () => this.#acknowledged())
  }

  /**
   * Builds (or substitutes) the wanted outputs: a result for each, whatever became of the others. Rejects with `StoreError`
   * when the daemon refuses the call as a whole (a derivation that is not in the store), with `StoreLost` when it dies.
   */
  async build(wanted: readonly Wanted[], on: OnStoreEvent = () => {}): Promise<BuildResult[]> {
    const write = (m: Encoder) => void m.strings(wanted.map(wantedText)).number(normalBuild)
    const times = new BuildTimes()
    const onEvent: OnStoreEvent = (event) => {
      times.note(event)
      return on(event)
    }
    const operation = { number: operations.buildPathsWithResults, write, on: onEvent }
    try {
      const results = await this.#ask(operation, () => this.#incoming.decodeList(readBuildResult))
      return results.map((result) => times.complete(result))
    } catch (error) {
      this.#mayHangUp = true
      throw error
    }
  }

  /** Ends the connection and waits until the other side is gone; what is under way rejects with `StoreLost`. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#close('the connection was closed')
  }

  async #ask<T>(operation: Operation, answer: () => Promise<T>): Promise<T> {
    const turn = this.#turn.then(() => this.#perform(operation, answer))
    this.#turn = turn.catch(() => {})
    return await turn
  }

  async #perform<T>(operation: Operation, answer: () => Promise<T>): Promise<T> {
    if (this.#incoming.lost) throw this.#incoming.lost
    try {
      const message = new Encoder().number(operation.number)
      operation.write(message)
      this.#link.output.write(message.bytes())
      await workDone(this.#incoming, (event) => this.#hear(event, operation.on))
      this.heard++
      return await answer()
    } catch (error) {
      throw error instanceof StoreError ? error : await this.#breakOff(error)
    }
  }

  #hear(event: StoreEvent, on: OnStoreEvent | undefined): void | Promise<void> {
    this.heard++
    return on?.(event)
  }

  /**
   * After anything but an answer the position in the stream is not known: the connection cannot be used any more. A daemon
   * that ended by itself is waited for, since it may have said why.
   */
  async #breakOff(error: unknown): Promise<unknown> {
    const bySelf = this.#closing === undefined
    await this.#close(error instanceof Error ? error.message : String(error))
    return bySelf ? withLastWords(error, this.#link) : error
  }

  #decode<T>(read: (decoder: Decoder) => T): Promise<T> {
    return this.#incoming.decode(read)
  }

  #strings(): Promise<string[]> {
    return this.#incoming.decodeList((d) => d.string())
  }

  #acknowledged(): Promise<number> {
    return this.#decode((d) => d.number())
  }

  #close(reason: string): Promise<void> {
    this.#incoming.end(new StoreLost(reason))
    this.#signal?.removeEventListener('abort', this.#onAbort)
    this.#closing ??= this.#link.close()
    return this.#closing
  }
}

const normalBuild = 0

/** `drv!*` or `drv!out,dev`, the form of protocol versions that know no other (and all later ones still read). */
function wantedText(wanted: Wanted): string {
  return `${wanted.drvPath}!${wanted.outputs === '*' ? '*' : wanted.outputs.join(',')}`
}

/**
 * The proxy's side towards the daemon, for one client.
 *
 * Texts (.drv files, most of what evaluation writes) are written behind: their path and the daemon's answer can be
 * computed here, so the evaluator is answered at once and goes on while the daemon writes. Everything else waits until
 * all that was written before has been confirmed.
 */
import { StoreError, StoreLost } from './errors.ts'
import { greetDaemon, workDone } from './handshake.ts'
import { Incoming } from './incoming.ts'
import { type Link, openLink, type StoreAddress } from './link.ts'
import { setOptionsMessage } from './options-message.ts'
import { operations } from './protocol.ts'
import { type Decoder, daemonLimits, Encoder } from './wire.ts'

/** What may be on its way unconfirmed before the evaluator has to wait. */
const maxOutstanding = 256
const maxOutstandingBytes = 8 * 1024 * 1024
const gather = 32
const gatherMs = 4

export type Written = { bytes: number; settle: (error?: Error) => void; readAnswer: (decoder: Decoder) => unknown }

export class ProxyUpstream {
  readonly #link: Link
  readonly #incoming: Incoming
  readonly #outstanding: Written[] = []
  #outstandingBytes = 0
  /** sent together: to wake the daemon for each would cost more than the daemon's work */
  readonly #gathered: Buffer[] = []
  #gatherTimer: NodeJS.Timeout | undefined
  #draining: Promise<void> | undefined
  #room: (() => void) | undefined
  /** the daemon takes more, or is gone */
  #taken: (() => void) | undefined
  daemonVersion = ''

  private constructor(link: Link) {
    this.#link = link
    this.#incoming = new Incoming(link.input, daemonLimits)
    for (const event of ['drain', 'close']) link.output.on(event, () => this.#taken?.())
    link.output.on('error', (error) => this.#incoming.end(new StoreLost(error.message, { cause: error })))
  }

  static async open(address: StoreAddress, settings: Record<string, string>): Promise<ProxyUpstream> {
    const upstream = new ProxyUpstream(await openLink(address))
    try {
      const ends = { incoming: upstream.#incoming, write: (bytes: Buffer) => void upstream.#link.output.write(bytes) }
      const { daemonVersion } = await greetDaemon(ends, setOptionsMessage(settings, 1))
      upstream.daemonVersion = daemonVersion
      return upstream
    } catch (error) {
      await upstream.close()
      throw error
    }
  }

  /**
   * Sends a request whose answer the client has already; `written.settle` is told what became of it. Where too much is
   * under way already, a promise to wait for is given.
   */
  writeBehind(bytes: Buffer, written: Written): Promise<void> | undefined {
    this.#incoming.divert(undefined)
    this.#outstanding.push(written)
    this.#outstandingBytes += bytes.length
    this.#gathered.push(bytes)
    if (this.#gathered.length >= gather) this.#sendGathered()
    else this.#gatherTimer ??= setTimeout(() => this.#sendGathered(), gatherMs)
    this.#draining ??= this.#drain()
    const full = this.#outstanding.length >= maxOutstanding || this.#outstandingBytes >= maxOutstandingBytes
    return full ? this.#waitForRoom() : undefined
  }

  /** Until everything written behind is confirmed. */
  async idle(): Promise<void> {
    this.#sendGathered()
    while (this.#draining) await this.#draining
  }

  async #waitForRoom(): Promise<void> {
    this.#sendGathered()
    while (this.#outstanding.length >= maxOutstanding / 2 || this.#outstandingBytes >= maxOutstandingBytes) {
      const { promise, resolve } = Promise.withResolvers<void>()
      this.#room = resolve
      await promise
    }
  }

  #sendGathered(): void {
    clearTimeout(this.#gatherTimer)
    this.#gatherTimer = undefined
    if (this.#gathered.length > 0) this.#link.output.write(Buffer.concat(this.#gathered.splice(0)))
  }

  /** Whether the daemon has a valid path. Only while idle. */
  async isValidPath(path: string): Promise<boolean> {
    return await this.#ask(new Encoder().number(operations.isValidPath).string(path), () =>
      this.#incoming.decode((d) => d.boolean()),
    )
  }

  /** Output name and path, which is empty where it is not known. Only while idle. */
  async outputMap(drvPath: string): Promise<(readonly [string, string])[]> {
    const message = new Encoder().number(operations.queryDerivationOutputMap).string(drvPath)
    return await this.#ask(message, () => this.#incoming.decodeList((d) => [d.string(), d.string()] as const))
  }

  /** From now on all that the daemon says goes to `write`, as it is; it answers whether there is room for more. */
  passAnswers(write: (chunk: Buffer) => boolean): void {
    this.#incoming.divert((chunk) => {
      if (!write(chunk)) this.#incoming.hold(true)
    })
  }

  resumeAnswers(): void {
    this.#incoming.hold(false)
  }

  /** Sends bytes of a request as they are, no faster than the daemon takes them. */
  async send(bytes: Buffer): Promise<void> {
    if (this.#incoming.lost) throw this.#incoming.lost
    if (this.#link.output.write(bytes)) return
    const { promise, resolve } = Promise.withResolvers<void>()
    this.#taken = resolve
    await promise
  }

  async close(): Promise<void> {
    this.#incoming.end(new StoreLost('the evaluator is gone'))
    await this.#link.close()
    await this.#draining
  }

  /** Calls back when the daemon is gone. */
  onLost(tell: (reason: string) => void): void {
    this.#link.input.on('close', () => tell(this.#incoming.lost?.message ?? 'the store daemon is gone'))
  }

  async #ask<T>(message: Encoder, answer: () => Promise<T>): Promise<T> {
    this.#incoming.divert(undefined)
    this.#link.output.write(message.bytes())
    await workDone(this.#incoming)
    return await answer()
  }

  async #drain(): Promise<void> {
    for (let written = this.#outstanding[0]; written !== undefined; written = this.#outstanding[0]) {
      written.settle(await this.#confirm(written))
      this.#outstanding.shift()
      this.#outstandingBytes -= written.bytes
      this.#room?.()
    }
    this.#draining = undefined
  }

  async #confirm(written: Written): Promise<Error | undefined> {
    try {
      await workDone(this.#incoming)
      await this.#incoming.decode(written.readAnswer)
      return undefined
    } catch (error) {
      if (error instanceof StoreError || error instanceof StoreLost) return error
      throw error
    }
  }
}

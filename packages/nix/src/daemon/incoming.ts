/**
 * Bytes that arrive, decoded message by message. Reading is pulled: while nobody decodes, at most about a megabyte is
 * taken from the stream, so the sender (and in the end the builder that prints) waits for us.
 */
import type { Readable } from 'node:stream'
import { StoreLost } from './errors.ts'
import { Decoder, Incomplete, type WireLimits } from './wire.ts'

const highWater = 1024 * 1024

export class Incoming {
  readonly #stream: Readable
  readonly #limits: WireLimits
  #bytes: Buffer = Buffer.alloc(0)
  #at = 0
  /** arrived, but not joined to `#bytes` yet: joining at each chunk would make long messages quadratic */
  #fresh: Buffer[] = []
  #freshSize = 0
  #need = 0
  #wake: (() => void) | undefined
  #lost: StoreLost | undefined
  #divert: ((chunk: Buffer) => void) | undefined

  constructor(stream: Readable, limits: WireLimits) {
    this.#stream = stream
    this.#limits = limits
    stream.on('data', (chunk: Buffer) => this.#arrive(chunk))
    stream.on('error', (error) => this.end(new StoreLost(error.message, { cause: error })))
    stream.on('end', () => this.end(new StoreLost('the store daemon closed the connection')))
    stream.on('close', () => this.end(new StoreLost('the connection to the store daemon is closed')))
  }

  get lost(): StoreLost | undefined {
    return this.#lost
  }

  /** Ends the reading: what waits and what is asked later is rejected with the first reason given. */
  end(reason: StoreLost): void {
    this.#lost ??= reason
    this.#wake?.()
  }

  /** Decodes a message if all of it has arrived. `read` is called again from the message's start when it had not. */
  tryDecode<T>(read: (decoder: Decoder) => T): T | undefined {
    if (this.#available() < this.#need) return undefined
    this.#join()
    const decoder = new Decoder(this.#bytes, this.#at, this.#limits)
    try {
      const message = read(decoder)
      this.#at = decoder.at
      this.#need = 0
      return message
    } catch (error) {
      if (!(error instanceof Incomplete)) throw error
      this.#need = error.need - this.#at
      return undefined
    }
  }

  /** Decodes a message, waiting for it. The message must not be `undefined`. Rejects with `StoreLost`. */
  async decode<T>(read: (decoder: Decoder) => T): Promise<T> {
    for (;;) {
      const message = this.tryDecode(read)
      if (message !== undefined) return message
      if (this.#lost) throw this.#lost
      await this.#more()
    }
  }

  /** A list, each item decoded on its own, so that long lists are not decoded twice. */
  async decodeList<T>(read: (decoder: Decoder) => T): Promise<T[]> {
    const items: T[] = []
    for (let left = await this.decode((decoder) => decoder.count()); left > 0; left--)
      items.push(await this.decode(read))
    return items
  }

  /** Whatever has arrived, at most `max` bytes; waits for the first. */
  async take(max: number): Promise<Buffer> {
    while (this.#available() === 0) {
      if (this.#lost) throw this.#lost
      this.#need = 1
      await this.#more()
    }
    this.#need = 0
    if (this.#at === this.#bytes.length) this.#join()
    const taken = this.#bytes.subarray(this.#at, this.#at + max)
    this.#at += taken.length
    return taken
  }

  #available(): number {
    return this.#bytes.length - this.#at + this.#freshSize
  }

  /** Hands all that arrives to `take`, undecoded, until called with `undefined`. Nothing may be left undecoded before. */
  divert(take: ((chunk: Buffer) => void) | undefined): void {
    this.#divert = take
    if (take) this.#stream.resume()
  }

  /** Stops the stream, or lets it flow, while diverted. */
  hold(held: boolean): void {
    if (held) this.#stream.pause()
    else this.#stream.resume()
  }

  #arrive(chunk: Buffer): void {
    if (this.#divert) {
      this.#divert(chunk)
      return
    }
    this.#fresh.push(chunk)
    this.#freshSize += chunk.length
    const available = this.#available()
    if (available >= this.#need) this.#wake?.()
    if (available > Math.max(highWater, this.#need)) this.#stream.pause()
  }

  #join(): void {
    if (this.#freshSize === 0) return
    const rest = this.#bytes.subarray(this.#at)
    this.#bytes =
      rest.length === 0 && this.#fresh.length === 1 ? (this.#fresh[0] ?? rest) : Buffer.concat([rest, ...this.#fresh])
    this.#at = 0
    this.#fresh = []
    this.#freshSize = 0
  }

  async #more(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>()
    this.#wake = resolve
    this.#stream.resume()
    await promise
    this.#wake = undefined
  }
}

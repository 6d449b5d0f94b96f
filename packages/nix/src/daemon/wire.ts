/**
 * The encoding of the daemon protocol: numbers are 64 bits, little endian; a string is its length, its bytes and zeros up
 * to a multiple of 8; a list is its length and its items.
 */
import { StoreLost } from './errors.ts'

/** What the other side sent does not follow the protocol: the connection is of no use any more. */
export class ProtocolViolation extends StoreLost {}

/** Thrown by a decoder that ran out of bytes; `Incoming` waits for `need` bytes in all and decodes again. */
export class Incomplete {
  need = 0
}
const incomplete = new Incomplete()

export type WireLimits = { maxStringBytes: number; maxListLength: number }

/** What we take from a daemon: a log line or an error may be long, but not without end. */
export const daemonLimits: WireLimits = { maxStringBytes: 256 * 1024 * 1024, maxListLength: 10_000_000 }

export class Decoder {
  bytes: Buffer
  at: number
  readonly limits: WireLimits

  constructor(bytes: Buffer, at: number, limits: WireLimits) {
    this.bytes = bytes
    this.at = at
    this.limits = limits
  }

  /** A number; refused above 2⁵³, where JavaScript would round it. */
  number(): number {
    const from = this.#take(8)
    const low = this.bytes.readUInt32LE(from)
    const high = this.bytes.readUInt32LE(from + 4)
    if (high > 0x1fffff) throw new ProtocolViolation(`number too large: ${high} × 2³² + ${low}`)
    return high * 0x1_0000_0000 + low
  }

  /** A number where only being told apart matters (activity ids), or that may be "negative" (2⁶⁴ − 1): cut to 53 bits. */
  looseNumber(): number {
    const from = this.#take(8)
    return (this.bytes.readUInt32LE(from + 4) & 0x1fffff) * 0x1_0000_0000 + this.bytes.readUInt32LE(from)
  }

  boolean(): boolean {
    return this.number() !== 0
  }

  string(): string {
    const length = this.number()
    if (length > this.limits.maxStringBytes) throw new ProtocolViolation(`a string of ${length} bytes`)
    const from = this.#take(padded(length))
    return this.bytes.toString('utf8', from, from + length)
  }

  /** Passes over a string without reading it. */
  skipString(): void {
    const length = this.number()
    if (length > this.limits.maxStringBytes) throw new ProtocolViolation(`a string of ${length} bytes`)
    this.#take(padded(length))
  }

  /** So many bytes as they are, without padding; valid as long as nothing else is decoded. */
  bytesOf(length: number): Buffer {
    const from = this.#take(length)
    return this.bytes.subarray(from, from + length)
  }

  count(): number {
    const length = this.number()
    if (length > this.limits.maxListLength) throw new ProtocolViolation(`a list of ${length} items`)
    return length
  }

  strings(): string[] {
    return this.list(() => this.string())
  }

  list<T>(item: () => T): T[] {
    const items: T[] = []
    for (let left = this.count(); left > 0; left--) items.push(item())
    return items
  }

  #take(length: number): number {
    const from = this.at
    if (from + length > this.bytes.length) {
      incomplete.need = from + length
      throw incomplete
    }
    this.at = from + length
    return from
  }
}

export function padded(length: number): number {
  return Math.ceil(length / 8) * 8
}

/** Collects one message; `bytes()` gives it as one buffer, so that it is written in one piece. */
export class Encoder {
  readonly #parts: Buffer[] = []

  number(value: number): this {
    const part = Buffer.alloc(8)
    part.writeUInt32LE(value % 0x1_0000_0000, 0)
    part.writeUInt32LE(Math.floor(value / 0x1_0000_0000), 4)
    this.#parts.push(part)
    return this
  }

  boolean(value: boolean): this {
    return this.number(value ? 1 : 0)
  }

  string(text: string): this {
    const length = Buffer.byteLength(text)
    const part = Buffer.alloc(8 + padded(length))
    part.writeUInt32LE(length, 0)
    part.write(text, 8)
    this.#parts.push(part)
    return this
  }

  strings(texts: readonly string[]): this {
    this.number(texts.length)
    for (const text of texts) this.string(text)
    return this
  }

  bytes(): Buffer {
    return this.#parts.length === 1 && this.#parts[0] ? this.#parts[0] : Buffer.concat(this.#parts)
  }
}

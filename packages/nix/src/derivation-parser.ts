/**
 * A scanner for the ATerm subset of .drv files, on bytes. Tens of thousands of files are read per evaluation, so strings
 * without escapes are cut out in one piece, as copies: a slice of a JavaScript string would keep the whole file alive.
 */
export class MalformedDerivation extends Error {}

const quote = 0x22
const backslash = 0x5c
const comma = 0x2c
const closeBracket = 0x5d

export class Scanner {
  #at = 0
  readonly #bytes: Buffer

  constructor(bytes: Buffer) {
    this.#bytes = bytes
  }

  expect(text: string): void {
    for (let n = 0; n < text.length; n++) {
      if (this.#bytes[this.#at + n] !== text.charCodeAt(n)) throw this.malformed(`expected ${JSON.stringify(text)}`)
    }
    this.#at += text.length
  }

  atEnd(): boolean {
    return this.#at === this.#bytes.length
  }

  string(): string {
    this.expect('"')
    const bytes = this.#bytes
    const start = this.#at
    for (let at = start; at < bytes.length; at++) {
      const byte = bytes[at]
      if (byte === quote) {
        this.#at = at + 1
        return bytes.toString('utf8', start, at)
      }
      if (byte === backslash) return this.#escapedString(start, at)
    }
    throw this.malformed('a string without an end')
  }

  /** `[item,item,…]`, each item read by `item`. */
  list<T>(item: () => T): T[] {
    this.expect('[')
    const items: T[] = []
    if (this.#bytes[this.#at] === closeBracket) {
      this.#at++
      return items
    }
    for (;;) {
      items.push(item())
      if (this.#bytes[this.#at] !== comma) break
      this.#at++
    }
    this.expect(']')
    return items
  }

  malformed(what: string): MalformedDerivation {
    return new MalformedDerivation(`${what} at byte ${this.#at}`)
  }

  #escapedString(start: number, firstEscape: number): string {
    const bytes = this.#bytes
    const plain: Buffer[] = []
    let from = start
    let at = firstEscape
    for (;;) {
      const next = at < bytes.length ? bytes[at] : undefined
      if (next === undefined) throw this.malformed('a string without an end')
      if (next === quote) break
      if (next === backslash) {
        plain.push(bytes.subarray(from, at), unescaped(bytes[at + 1] ?? 0))
        at += 2
        from = at
      } else at++
    }
    this.#at = at + 1
    return Buffer.concat([...plain, bytes.subarray(from, at)]).toString('utf8')
  }
}

const escapes = new Map([
  [0x6e, Buffer.from('\n')],
  [0x72, Buffer.from('\r')],
  [0x74, Buffer.from('\t')],
])

/** As in Nix, a backslash before any other letter means that letter. */
function unescaped(byte: number): Buffer {
  return escapes.get(byte) ?? Buffer.from([byte])
}

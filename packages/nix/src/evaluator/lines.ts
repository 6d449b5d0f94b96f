/** Cuts a stream into lines, none longer than a limit. */
const newline = 0x0a

export class LineSplitter {
  readonly #maxBytes: number
  readonly #onLine: (line: string) => void
  readonly #onTooLong: () => void
  #parts: Buffer[] = []
  #size = 0
  #tooLong = false

  constructor(maxBytes: number, onLine: (line: string) => void, onTooLong: () => void) {
    this.#maxBytes = maxBytes
    this.#onLine = onLine
    this.#onTooLong = onTooLong
  }

  push(chunk: Buffer): void {
    let from = 0
    for (let end = chunk.indexOf(newline); end >= 0; end = chunk.indexOf(newline, from)) {
      this.#add(chunk.subarray(from, end))
      this.end()
      from = end + 1
    }
    this.#add(chunk.subarray(from))
  }

  /** The last line may lack its newline. */
  end(): void {
    const line = this.#parts.length === 1 && this.#parts[0] ? this.#parts[0] : Buffer.concat(this.#parts)
    this.#parts = []
    this.#size = 0
    if (line.length > 0 && !this.#tooLong) this.#onLine(line.toString('utf8'))
    this.#tooLong = false
  }

  #add(part: Buffer): void {
    if (part.length === 0 || this.#tooLong) return
    this.#size += part.length
    if (this.#size > this.#maxBytes) {
      this.#tooLong = true
      this.#parts = []
      this.#onTooLong()
    } else this.#parts.push(part)
  }
}

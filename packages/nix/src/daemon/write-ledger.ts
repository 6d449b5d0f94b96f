/** What was accepted from evaluators and is not in the store yet, over all connections of a proxy. */
export class WriteLedger {
  /** in the order of acceptance */
  readonly #pending = new Set<number>()
  readonly #pendingPaths = new Set<string>()
  readonly #waiting: { upTo: number; resolve: (failure: string | undefined) => void }[] = []
  readonly #written = new Set<string>()
  /** those that nothing written later refers to: who keeps them keeps all */
  readonly #tops = new Set<string>()
  readonly #maxBytes: number
  #bytes = 0
  #last = 0
  #failure: string | undefined

  constructor(maxBytes = Number.POSITIVE_INFINITY) {
    this.#maxBytes = maxBytes
  }

  /** Counts bytes that are about to be written; whether there is still room for them. */
  admit(bytes: number): boolean {
    this.#bytes += bytes
    return this.#bytes <= this.#maxBytes
  }

  /** Why the store did not take something: from then on nothing that evaluation says can be relied on. */
  get failure(): string | undefined {
    return this.#failure
  }

  /** Whether a path was accepted; `pending` as long as it is not in the store. */
  stateOf(path: string): 'written' | 'pending' | 'unknown' {
    if (this.#written.has(path)) return 'written'
    return this.#pendingPaths.has(path) ? 'pending' : 'unknown'
  }

  /** What keeps all that was written from garbage collection, as far as it was not taken before. */
  takeTops(): string[] {
    const tops = [...this.#tops]
    this.#tops.clear()
    return tops
  }

  /** @returns to be told what became of it */
  accept(path: string, references: readonly string[] = []): (error?: Error) => void {
    const number = ++this.#last
    this.#pending.add(number)
    this.#pendingPaths.add(path)
    return (error) => {
      this.#pending.delete(number)
      this.#pendingPaths.delete(path)
      if (error) this.#failure ??= `the store did not take ${path}: ${error.message}`
      else if (path !== '') this.#noteWritten(path, references)
      this.#tell()
    }
  }

  #noteWritten(path: string, references: readonly string[]): void {
    this.#written.add(path)
    this.#tops.add(path)
    for (const reference of references) this.#tops.delete(reference)
  }

  /** Whether everything accepted so far is written. */
  get settled(): boolean {
    return this.#pending.size === 0
  }

  /** Resolves once all that was accepted until now is written, with the reason where that failed. */
  async flushed(): Promise<string | undefined> {
    if (this.settled) return this.#failure
    const { promise, resolve } = Promise.withResolvers<string | undefined>()
    this.#waiting.push({ upTo: this.#last, resolve })
    return await promise
  }

  #tell(): void {
    const oldest = this.#pending.keys().next().value ?? Number.POSITIVE_INFINITY
    while ((this.#waiting[0]?.upTo ?? Number.POSITIVE_INFINITY) < oldest) this.#waiting.shift()?.resolve(this.#failure)
  }
}

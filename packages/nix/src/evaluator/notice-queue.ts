/** Hands notices on in their order, each after everything that was written before it is in the store. */
export class NoticeQueue {
  readonly #flushed: () => Promise<string | undefined>
  readonly #onBroken: (reason: string) => void
  #waiting: (() => void)[] = []
  #running = false

  constructor(flushed: () => Promise<string | undefined>, onBroken: (reason: string) => void) {
    this.#flushed = flushed
    this.#onBroken = onBroken
  }

  push(deliver: () => void): void {
    this.#waiting.push(deliver)
    if (!this.#running) void this.#run()
  }

  async #run(): Promise<void> {
    this.#running = true
    while (this.#waiting.length > 0) {
      const ready = this.#waiting
      this.#waiting = []
      const failure = await this.#flushed()
      if (failure !== undefined) this.#onBroken(failure)
      for (const deliver of ready) deliver()
    }
    this.#running = false
  }
}

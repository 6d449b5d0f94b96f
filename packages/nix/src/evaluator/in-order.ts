/**
 * Hands outcomes on in the order of the questions: after an error the rest of its batch is asked after the next batch, and
 * readers should not see that. What waits for a build has lost its place and comes when it comes.
 */
export class InOrder {
  readonly #held = new Map<number, () => void>()
  #last = 0
  #next = 1

  /** A place in the order. */
  take(): number {
    return ++this.#last
  }

  deliver(place: number, deliver: () => void): void {
    if (place < this.#next) deliver()
    else {
      this.#held.set(place, deliver)
      this.#release()
    }
  }

  /** The place stays empty for now. */
  skip(place: number): void {
    if (place < this.#next) return
    this.#held.set(place, () => {})
    this.#release()
  }

  #release(): void {
    while (this.#held.has(this.#next)) this.#pop(this.#next++)
  }

  #pop(place: number): void {
    const deliver = this.#held.get(place)
    this.#held.delete(place)
    deliver?.()
  }
}

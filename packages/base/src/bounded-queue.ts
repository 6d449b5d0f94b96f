/**
 * A queue between one who makes things and one who uses them up, at different speeds: `push` says when there is room
 * again, so that the maker can be slowed down instead of memory filling.
 *
 *   for await (const item of queue) …        // ends after `close`, when all is taken
 *   await queue.push(item)                   // resolves at once below the limit
 */
export class BoundedQueue<T> implements AsyncIterable<T> {
  readonly #limit: number
  #items: { item: T }[] = []
  #taken = 0
  #closed = false
  #arrival = Promise.withResolvers<void>()
  #room = Promise.withResolvers<void>()

  constructor(limit: number) {
    this.#limit = limit
  }

  get size(): number {
    return this.#items.length - this.#taken
  }

  /** The item is in the queue at once, whatever the limit; the promise is for who can wait. After `close` it is dropped. */
  push(item: T): Promise<void> {
    if (this.#closed) return Promise.resolve()
    this.#items.push({ item })
    this.#arrival.resolve()
    return this.size <= this.#limit ? Promise.resolve() : this.#room.promise
  }

  /** No more comes; what is in the queue is still taken. */
  close(): void {
    this.#closed = true
    this.#arrival.resolve()
    this.#openRoom()
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<T> {
    for (;;) {
      for (let next = this.#items[this.#taken]; next !== undefined; next = this.#items[this.#taken]) {
        this.#taken++
        this.#compact()
        if (this.size <= this.#limit / 2) this.#openRoom()
        yield next.item
      }
      if (this.#closed) return
      this.#arrival = Promise.withResolvers<void>()
      await this.#arrival.promise
    }
  }

  #openRoom(): void {
    this.#room.resolve()
    this.#room = Promise.withResolvers<void>()
  }

  /** Array.shift is slow for long arrays: drop what is taken when it is half of the array. */
  #compact(): void {
    if (this.#taken * 2 < this.#items.length) return
    this.#items = this.#items.slice(this.#taken)
    this.#taken = 0
  }
}

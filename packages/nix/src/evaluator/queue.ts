/** First in, first out, with room for those who come back. Taking from the front does not move the rest. */
export class Queue<T> {
  #items: T[] = []
  #head = 0
  #returned: T[] = []

  get size(): number {
    return this.#items.length - this.#head + this.#returned.length
  }

  push(...items: T[]): void {
    for (const item of items) this.#items.push(item)
  }

  /** Puts items before all others, in their order. */
  putBack(items: T[]): void {
    this.#returned = [...items, ...this.#returned]
  }

  take(count: number): T[] {
    const back = this.#returned.splice(0, count)
    const end = Math.min(this.#items.length, this.#head + count - back.length)
    const taken = this.#items.slice(this.#head, end)
    this.#head = end
    if (this.#head > 4096 && this.#head * 2 > this.#items.length) {
      this.#items = this.#items.slice(this.#head)
      this.#head = 0
    }
    return back.length === 0 ? taken : [...back, ...taken]
  }

  peek(): T | undefined {
    return this.#returned[0] ?? this.#items[this.#head]
  }

  clear(): T[] {
    const items = this.take(this.size)
    return items
  }
}

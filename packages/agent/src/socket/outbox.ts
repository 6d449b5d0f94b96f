/**
 * The messages of a conversation that the other side has not acknowledged: numbered on across connections and sent again
 * on the next one (hercules-ci.md 4.4.4). Bounded by who waits for `push`.
 */
export type Unacknowledged = { n: number; text: string; taken: PromiseWithResolvers<void> }

export type OutboxLimit = { messages: number; bytes: number }

/** hercules-ci.md 4.4.8 */
export const outboxLimit: OutboxLimit = { messages: 100, bytes: 4 * 1024 * 1024 }

export class Outbox<Payload> {
  readonly #limit: OutboxLimit
  #waiting: Unacknowledged[] = []
  #next = 0
  #bytes = 0
  #room = Promise.withResolvers<void>()
  #empty = Promise.withResolvers<void>()
  /** told after each acknowledgement that took something out */
  onAcknowledged: () => void = () => {}

  constructor(limit: OutboxLimit = outboxLimit) {
    this.#limit = limit
  }

  get size(): number {
    return this.#waiting.length
  }

  /** Adds a message; it is to be sent now where there is a connection. */
  push(payload: Payload): Unacknowledged {
    const n = this.#next++
    const text = JSON.stringify({ tag: 'Msg', n, p: payload })
    const message = { n, text, taken: Promise.withResolvers<void>() }
    this.#waiting.push(message)
    this.#bytes += message.text.length
    return message
  }

  /** Resolves when a well-behaved sender may push the next one. */
  room(): Promise<void> {
    return this.#isFull() ? this.#room.promise : Promise.resolve()
  }

  /** Resolves when everything is acknowledged. */
  empty(): Promise<void> {
    return this.size === 0 ? Promise.resolve() : this.#empty.promise
  }

  /** Everything up to and with `n` has arrived. */
  acknowledge(n: number): void {
    const kept = this.#waiting.filter((message) => message.n > n)
    if (kept.length === this.#waiting.length) return
    for (const message of this.#waiting) if (message.n <= n) message.taken.resolve()
    this.#waiting = kept
    this.#bytes = kept.reduce((sum, { text }) => sum + text.length, 0)
    if (!this.#isFull()) this.#room = renewed(this.#room)
    if (kept.length === 0) this.#empty = renewed(this.#empty)
    this.onAcknowledged()
  }

  /** What is to be sent (again) on a new connection, in order. */
  unacknowledged(): readonly Unacknowledged[] {
    return this.#waiting
  }

  #isFull(): boolean {
    return this.#waiting.length >= this.#limit.messages || this.#bytes >= this.#limit.bytes
  }
}

function renewed(promise: PromiseWithResolvers<void>): PromiseWithResolvers<void> {
  promise.resolve()
  return Promise.withResolvers<void>()
}

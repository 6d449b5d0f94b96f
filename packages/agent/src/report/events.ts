/**
 * Events of an evaluation on their way to the server: batches of at most 1,000 or 1 s (hercules-ci.md 1.14.5), the first
 * one sooner, so that a page shows something; each sent after the one before was accepted (4.6.1).
 */
import { type EvaluateEvent, eventsInBatchMax } from '@firn/contract/agent/evaluate-event'

export type EventReporterOptions = {
  /** Resolves when the server has accepted the batch; the reason when it never will. */
  post: (batch: EvaluateEvent[]) => Promise<{ ok: true } | { ok: false; reason: string }>
  firstBatchMs?: number
  batchMs?: number
}

/** So many events may wait before who makes them should wait. */
const backlogMax = 20 * eventsInBatchMax

export class EventReporter {
  readonly #options: Required<EventReporterOptions>
  #waiting: EvaluateEvent[] = []
  #timer: NodeJS.Timeout | undefined
  #sending: Promise<void> | undefined
  #failure: string | undefined
  #first = true

  constructor({ post, firstBatchMs = 100, batchMs = 1000 }: EventReporterOptions) {
    this.#options = { post, firstBatchMs, batchMs }
  }

  /** Why the server will not take what is left, if so. */
  get failure(): string | undefined {
    return this.#failure
  }

  /** Resolves when there is room for more. */
  async emit(events: readonly EvaluateEvent[]): Promise<void> {
    if (this.#failure !== undefined) return
    this.#waiting.push(...events)
    if (this.#waiting.length >= eventsInBatchMax) this.#send()
    else if (this.#waiting.length > 0)
      this.#timer ??= setTimeout(() => this.#send(), this.#first ? this.#options.firstBatchMs : this.#options.batchMs)
    if (this.#waiting.length > backlogMax) await this.#sending
  }

  /** Resolves when everything emitted so far is accepted, or will not be. */
  async flush(): Promise<void> {
    while (this.#failure === undefined && (this.#waiting.length > 0 || this.#sending !== undefined)) {
      this.#send()
      await this.#sending
    }
  }

  #send(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
    this.#sending ??= this.#sendAll().finally(() => {
      this.#sending = undefined
    })
  }

  async #sendAll(): Promise<void> {
    do {
      this.#first = false
      const reply = await this.#options.post(this.#waiting.splice(0, eventsInBatchMax))
      if (!reply.ok) this.#fail(reply.reason)
    } while (this.#waiting.length >= eventsInBatchMax)
    if (this.#waiting.length > 0) this.#timer ??= setTimeout(() => this.#send(), this.#options.batchMs)
  }

  #fail(reason: string): void {
    this.#failure = reason
    this.#waiting = []
  }
}

import type { LiveEvent } from '@firn/contract/live'
import type { QueryClient } from '@tanstack/react-query'
import { affects, readKey } from './affects.ts'

/** No answer is asked for again more often than this. */
const pauseMs = 500

/**
 * Turns announcements into refetches: at once after quiet, at most two a second under load, and never while the
 * same answer is still on its way (an answer that is slower than the events would otherwise never come).
 */
export class Invalidator {
  readonly #queries: QueryClient
  readonly #now: () => number
  #pending: LiveEvent[] = []
  #timer: ReturnType<typeof setTimeout> | undefined
  #lastFlush = Number.NEGATIVE_INFINITY

  constructor(queries: QueryClient, now: () => number = () => performance.now()) {
    this.#queries = queries
    this.#now = now
  }

  hear(event: LiveEvent): void {
    this.#pending.push(event)
    this.#arm()
  }

  /** After a gap in what was heard: everything that is shown may be stale. */
  all(): void {
    this.#queries.invalidateQueries({ predicate: (query) => readKey(query.queryKey).path !== '' }).catch(() => {})
  }

  [Symbol.dispose](): void {
    clearTimeout(this.#timer)
  }

  #arm(): void {
    this.#timer ??= setTimeout(() => this.#flush(), Math.max(0, this.#lastFlush + pauseMs - this.#now()))
  }

  #flush(): void {
    this.#timer = undefined
    this.#lastFlush = this.#now()
    const events = this.#pending
    this.#pending = []
    let busy = false
    for (const query of this.#queries.getQueryCache().getAll()) {
      const asked = readKey(query.queryKey)
      if (!events.some((event) => affects(event, asked))) continue
      if (query.state.fetchStatus === 'fetching') busy = true
      else this.#queries.invalidateQueries({ queryKey: query.queryKey, exact: true }).catch(() => {})
    }
    if (!busy) return
    this.#pending.push(...events)
    this.#arm()
  }
}

/**
 * Which builds run now. While what it builds is over soon, an agent asks the server for more tasks than it has slots (`ahead` in
 * its load), so that a slot does not stand still from the end of a build until the next task comes. They wait here for their turn.
 */
import { beingStopped } from '@firn/core/agent/takes-work'

export type SlotsOptions = {
  /** `concurrentTasks`: builds and evaluations at the same time */
  slots: number
  /** a build that has waited for so long is given back: somebody else may have a slot for it */
  patienceMs: number
  /** aborted: what waits is given back */
  drain: AbortSignal
}

/** Until `leave`, or its end, it holds a slot; `late` says why it should not begin any more. */
export type Place = ({ leave(): void } & Disposable) | { late: string }

type Waiting = { begin: () => void; giveBack: (because: string) => void }

/** What is kept ahead is worth so much time at the most, by what builds took lately. */
const workAheadMs = 1_000
const aheadPerSlotMax = 16
/** What the newest build counts in the average, what is assumed of the builds before the first, and the most that one counts. */
const weight = 0.25
const assumedMs = 2_000
const longMs = 10_000

export class Slots {
  readonly #options: SlotsOptions
  readonly #waiting = new Set<Waiting>()
  #builds = 0
  #evaluations = 0
  #averageMs = assumedMs
  #ahead = 0
  /** told when `ahead` has changed */
  onAhead = (): void => {}

  constructor(options: SlotsOptions) {
    this.#options = options
    const { drain } = options
    drain.addEventListener('abort', () => this.#giveBackAll(beingStopped), { once: true })
  }

  /** How many tasks it would keep beyond its slots. */
  get ahead(): number {
    return this.#ahead
  }

  /** Builds that wait for a slot. */
  get waiting(): number {
    return this.#waiting.size
  }

  /** While an evaluation runs, builds have a slot less, but one always: the evaluation may wait for it. */
  evaluate(): Disposable {
    this.#evaluations++
    return { [Symbol.dispose]: () => this.#ended(() => this.#evaluations--) }
  }

  /** A place for a build, in the order of the calls; at once when `signal` is aborted, so that the task can say so. */
  async build(signal: AbortSignal): Promise<Place> {
    if (this.#hasRoom) this.#builds++
    else {
      const late = await this.#turn(signal)
      if (late !== undefined) return { late }
    }
    const begun = performance.now()
    let left = false
    const leave = () => {
      if (left) return
      left = true
      if (!signal.aborted) this.#learn(performance.now() - begun)
      this.#ended(() => this.#builds--)
    }
    return { leave, [Symbol.dispose]: leave }
  }

  get #hasRoom(): boolean {
    return this.#builds < Math.max(1, this.#options.slots - this.#evaluations)
  }

  /** Until it is counted among the builds. @returns why its turn did not come */
  async #turn(signal: AbortSignal): Promise<string | undefined> {
    const { promise, resolve } = Promise.withResolvers<string | undefined>()
    const begin = () => {
      if (!this.#waiting.delete(waiting)) return
      this.#builds++
      resolve(undefined)
    }
    const waiting = { begin, giveBack: resolve }
    this.#waiting.add(waiting)
    signal.addEventListener('abort', begin, { once: true })
    if (signal.aborted) begin()
    const impatient = setTimeout(() => this.#giveBackAll(slotsAreHeld), this.#options.patienceMs)
    try {
      return await promise
    } finally {
      clearTimeout(impatient)
      signal.removeEventListener('abort', begin)
      this.#waiting.delete(waiting)
    }
  }

  #ended(leave: () => void): void {
    leave()
    const [next] = this.#waiting
    if (this.#hasRoom) next?.begin()
  }

  #giveBackAll(because: string): void {
    this.#averageMs = longMs
    this.#decideAhead()
    for (const waiting of this.#waiting) waiting.giveBack(because)
    this.#waiting.clear()
  }

  #learn(ms: number): void {
    this.#averageMs += (Math.min(ms, longMs) - this.#averageMs) * weight
    this.#decideAhead()
  }

  /** In powers of two, so that it does not change with each build. */
  #decideAhead(): void {
    const { slots } = this.#options
    const perSlot = Math.min(aheadPerSlotMax, workAheadMs / Math.max(1, this.#averageMs))
    const ahead = perSlot < 1 ? 0 : slots * 2 ** Math.floor(Math.log2(perSlot))
    if (ahead === this.#ahead) return
    this.#ahead = ahead
    this.onAhead()
  }
}

const slotsAreHeld = 'its slots are held by builds that take longer than those before'

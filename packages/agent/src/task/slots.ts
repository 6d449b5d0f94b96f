/**
 * Which builds run now. While what it builds is over soon, an agent asks the server for more tasks than it has slots (`ahead` in
 * its load), so that a slot does not stand still from the end of a build until the next task comes. They wait here for their turn.
 */
import { aheadMax } from '@firn/contract/agent/load'
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

export type SlotKind = 'build' | 'evaluation'

type Waiting = { kind: SlotKind; begin: () => void; giveBack: (because: string) => void }

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
  readonly #running = { build: 0, evaluation: 0 }
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

  /** Those that wait for a slot. */
  get waiting(): number {
    return this.#waiting.size
  }

  /** A place, at once or when its turn comes; at once when `signal` is aborted, so that the task can say so. */
  async take(kind: SlotKind, signal: AbortSignal): Promise<Place> {
    if (this.#hasRoom(kind)) this.#running[kind]++
    else {
      const late = await this.#turn(kind, signal)
      if (late !== undefined) return { late }
    }
    const begun = performance.now()
    let left = false
    const leave = () => {
      if (left) return
      left = true
      if (kind === 'build' && !signal.aborted) this.#learn(performance.now() - begun)
      this.#running[kind]--
      this.#beginNext()
    }
    return { leave, [Symbol.dispose]: leave }
  }

  /** One build has a place always: the evaluations that hold all slots may wait for it. */
  #hasRoom(kind: SlotKind): boolean {
    const { build, evaluation } = this.#running
    return build + evaluation < this.#options.slots || (kind === 'build' && build === 0)
  }

  /** Until it is counted among those that run. @returns why its turn did not come */
  async #turn(kind: SlotKind, signal: AbortSignal): Promise<string | undefined> {
    const { promise, resolve } = Promise.withResolvers<string | undefined>()
    const begin = () => {
      if (!this.#waiting.delete(waiting)) return
      this.#running[kind]++
      resolve(undefined)
    }
    const waiting: Waiting = { kind, begin, giveBack: resolve }
    this.#waiting.add(waiting)
    signal.addEventListener('abort', begin, { once: true })
    if (signal.aborted) begin()
    const impatient = setTimeout(() => this.#giveBackAll(slotsAreHeld), this.#options.patienceMs)
    try {
      return await promise
    } finally {
      clearTimeout(impatient)
      signal.removeEventListener('abort', begin)
    }
  }

  /** An evaluation before the builds that are kept ahead: more builds come out of it. */
  #beginNext(): void {
    const waiting = [...this.#waiting]
    const next = waiting.find(({ kind }) => kind === 'evaluation') ?? waiting[0]
    if (next !== undefined && this.#hasRoom(next.kind)) next.begin()
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
    const ahead = perSlot < 1 ? 0 : Math.min(aheadMax, slots * 2 ** Math.floor(Math.log2(perSlot)))
    if (ahead === this.#ahead) return
    this.#ahead = ahead
    this.onAhead()
  }
}

const slotsAreHeld = 'its slots are held by builds that take longer than those before'

import type { LogCut, LogLine, LogMatches, LogWindow, PhaseStart } from '@firn/contract/api/log'
import { plainLog } from '@firn/core/log/clean'

/** Where a log comes from: windows by line, what is written from a line on, where phases begin, and what holds a text. */
export type LogSource = {
  window: (from: number, count: number, signal: AbortSignal) => Promise<LogWindow>
  follow: (from: number, signal: AbortSignal) => Promise<AsyncIterable<LogWindow>>
  phases: (signal: AbortSignal) => Promise<PhaseStart[]>
  search: (text: string, from: number, signal: AbortSignal) => Promise<LogMatches>
  wait: (ms: number, signal: AbortSignal) => Promise<void>
}

export const blockSize = 1000
/** Blocks kept in memory; the least recently wanted goes first. */
const blocksMax = 60
const quietMs = 50
/** A log of so many lines is loaded whole: moving in it then never waits. */
const wholeMax = 20_000

export type LogSnapshot = {
  version: number
  total: number
  done: boolean
  opened: boolean
  /** What is left out of the log, if it is longer than is kept. */
  cut: LogCut | null
  /** Where phases begin, in order. */
  phases: readonly PhaseStart[]
  error: unknown
}

/**
 * A log as far as somebody looks at it: blocks of lines, fetched when wanted and forgotten when not, and the end
 * followed while it is written. Ends with its signal.
 */
export class LogStore {
  readonly #source: LogSource
  readonly #signal: AbortSignal
  readonly #blocks = new Map<number, (LogLine | undefined)[]>()
  readonly #loading = new Set<number>()
  readonly #listeners = new Set<() => void>()
  #quiet: ReturnType<typeof setTimeout> | undefined
  #snapshot: LogSnapshot = { version: 0, total: 0, done: false, opened: false, cut: null, phases: [], error: undefined }
  /** What listeners were told last. */
  #published = this.#snapshot

  constructor(source: LogSource, signal: AbortSignal) {
    this.#source = source
    this.#signal = signal
  }

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  readonly snapshot = (): LogSnapshot => this.#published

  /** Lines that hold a text, by the server. */
  search(text: string, from: number, signal: AbortSignal): Promise<LogMatches> {
    return this.#source.search(text, from, signal)
  }

  wait(ms: number, signal: AbortSignal): Promise<void> {
    return this.#source.wait(ms, signal)
  }

  line(i: number): LogLine | undefined {
    return this.#blocks.get(Math.floor(i / blockSize))?.[i % blockSize]
  }

  /** All lines at hand, in order. */
  *loadedLines(): Generator<LogLine> {
    for (const block of [...this.#blocks.keys()].toSorted((a, b) => a - b))
      for (const line of this.#blocks.get(block) ?? []) if (line) yield line
  }

  /** Loads the end, then follows it for as long as the log is written. */
  async open(): Promise<void> {
    try {
      this.#take(await this.#source.window(-blockSize, blockSize, this.#signal))
      this.#addPhases(await this.#source.phases(this.#signal))
      const { total } = this.#snapshot
      if (total <= wholeMax) this.want(Array.from({ length: Math.ceil(total / blockSize) }, (_, at) => at * blockSize))
    } catch (error) {
      this.#set({ error })
      return
    }
    await this.#followToEnd()
  }

  /** Says which lines are looked at; what is missing of the blocks they are in is fetched. */
  want(lines: readonly number[]): void {
    for (const block of new Set(lines.map((line) => Math.floor(line / blockSize)))) {
      if (this.#isComplete(block)) this.#touch(block)
      else if (!this.#loading.has(block)) this.#load(block).catch((error: unknown) => this.#set({ error }))
    }
  }

  #isComplete(block: number): boolean {
    const { total, cut } = this.#snapshot
    const lines = this.#blocks.get(block)
    const first = block * blockSize
    for (let i = first; i < Math.min(total, first + blockSize); i++)
      if (!lines?.[i - first] && !(cut && cut.from <= i && i < cut.to)) return false
    return true
  }

  async #load(block: number): Promise<void> {
    this.#loading.add(block)
    try {
      this.#take(await this.#source.window(block * blockSize, blockSize, this.#signal))
    } finally {
      this.#loading.delete(block)
    }
  }

  async #followToEnd(): Promise<void> {
    for (let attempt = 0; !this.#snapshot.done && !this.#signal.aborted; attempt++) {
      if (attempt > 0) await this.#source.wait(Math.min(10_000, 500 * 2 ** attempt), this.#signal)
      try {
        for await (const window of await this.#source.follow(this.#snapshot.total, this.#signal)) {
          attempt = 0
          this.#take(window)
        }
      } catch (error) {
        if (this.#signal.aborted) return
        this.#set({ error })
      }
    }
  }

  #take(window: LogWindow): void {
    for (const line of window.lines) {
      const block = Math.floor(line.i / blockSize)
      const lines = this.#blocks.get(block) ?? []
      lines[line.i % blockSize] = line
      this.#blocks.set(block, lines)
    }
    this.#forget()
    const { total, done, cut } = this.#snapshot
    this.#set({
      total: Math.max(total, window.total),
      done: done || window.done,
      opened: true,
      cut: (cut?.to ?? 0) > (window.cut?.to ?? 0) ? cut : window.cut,
      error: undefined,
    })
    this.#addPhases(window.lines.flatMap(({ i, phase }) => (phase === undefined ? [] : [{ i, name: phase }])))
  }

  /** Those of a log that is written come with its lines. */
  #addPhases(more: readonly PhaseStart[]): void {
    const byLine = new Map(this.#snapshot.phases.map((phase) => [phase.i, phase]))
    const fresh = more.filter((phase) => !byLine.has(phase.i))
    if (fresh.length === 0) return
    const named = fresh.map(({ i, name }) => ({ i, name: plainLog(name).trim() || 'phase' }))
    this.#set({ phases: [...byLine.values(), ...named].toSorted((a, b) => a.i - b.i) })
  }

  #touch(block: number): void {
    const lines = this.#blocks.get(block)
    if (!lines) return
    this.#blocks.delete(block)
    this.#blocks.set(block, lines)
  }

  #forget(): void {
    for (const block of this.#blocks.keys()) {
      if (this.#blocks.size <= blocksMax) return
      this.#blocks.delete(block)
    }
  }

  #set(change: Partial<LogSnapshot>): void {
    this.#snapshot = { ...this.#snapshot, ...change, version: this.#snapshot.version + 1 }
    if (this.#quiet === undefined) this.#publish()
  }

  /** Tells at once, and after that at most every `quietMs`: a fast log must not draw the page for each line. */
  #publish(): void {
    if (this.#published === this.#snapshot) {
      this.#quiet = undefined
      return
    }
    this.#published = this.#snapshot
    this.#quiet = setTimeout(() => this.#publish(), quietMs)
    for (const listener of this.#listeners) listener()
  }
}

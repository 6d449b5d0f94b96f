/**
 * Who is asked what: questions wait in a queue, workers take them in batches, and every question is settled exactly once.
 *
 *   queue ─→ worker ─→ settled (a value, or an error)
 *     ↑        ├─→ queue again: not asked, or the process died under it
 *     ↑        ├─→ waiting room: needs a build
 *     ↑        └─→ a process of its own: failed, and the repl kept the reason to itself
 *     └── asked again ←──┘ (in a fresh process where Nix remembers that the value failed)
 */
import { freemem } from 'node:os'
import type { RefusedBuild } from '../daemon/refusal.ts'
import { BatchSize } from './batch-size.ts'
import { buildFailed, type Death, deathError, isStackOverflow, unfinishedFile } from './death.ts'
import { type Item, pathOf } from './item.ts'
import type { Limits } from './limits.ts'
import type { EvaluationError } from './notice.ts'
import { Queue } from './queue.ts'
import type { Heard } from './stderr-reader.ts'
import { WaitingRoom } from './waiting-room.ts'
import { type Asked, Worker, type WorkerOptions } from './worker.ts'

export type SchedulerOptions = {
  worker: (asked: Asked) => WorkerOptions
  limits: Limits
  remembersFailures: boolean
  /** the builds that an error names, if it is the proxy's refusal */
  neededBuilds: (error: EvaluationError) => RefusedBuild[] | undefined
  onHeard: (path: string[] | undefined, heard: Heard) => void
  onWaiting: (path: string[], drvPath: string, output: string) => void
  /** no evaluator can be had, or the evaluation's time is over: nothing more will be settled */
  onStop: (stop: Stop) => void
}

type Stop = { how: 'limit'; limit: keyof Limits; reason: string } | { how: 'broken'; reason: string }

const watchMs = 100
/** Batches that a worker has: while it answers one, the next is there already. */
const window = 2
/** A second process repeats the shared part of the work; below so many questions that does not pay. */
const secondWorkerFrom = 2_000
/** Answered builds are collected this long before a process that goes on with other questions is replaced for them. */
const freshAfterMs = 10_000
/** … and so long where nothing else is to do, but more builds are under way. */
const collectMs = 300
const maxRounds = 100
const maxStartFailures = 2
/** Each costs a process that evaluates all again that the attribute shares with others. */
const maxAskedOnce = 100

export class Scheduler {
  readonly #options: SchedulerOptions
  readonly #queue = new Queue<Item>()
  /** to be asked in a process that has not seen them fail */
  readonly #again: Item[] = []
  /** to be asked in a process of its own, one after the other */
  readonly #unheard: Item[] = []
  #againSince = 0
  readonly #waiting = new WaitingRoom()
  readonly #workers = new Set<Worker<Item>>()
  readonly #size = new BatchSize()
  readonly #watch: NodeJS.Timeout
  #busyMs = 0
  #startFailures = 0
  #askedOnce = 0
  /** there is memory for one worker only */
  #alone = false
  #stopped = false

  constructor(options: SchedulerOptions) {
    this.#options = options
    this.#watch = setInterval(() => this.#look(), watchMs)
  }

  /** Whether questions are answered in their order, but for what follows an error. */
  get oneByOne(): boolean {
    return this.#askedOften().length <= 1
  }

  /** The largest memory that workers were seen to use together, bytes. */
  peakBytes = 0

  add(items: Item[]): void {
    if (this.#stopped) return
    this.#queue.push(...items)
    this.#pump()
  }

  built(drvPath: string): void {
    this.#askAgain(this.#waiting.built(drvPath))
    this.#pump()
  }

  failed(drvPath: string, text: string): void {
    for (const item of this.#waiting.failed(drvPath, text)) fail(item, buildFailed(drvPath, text))
    this.#pump()
  }

  /** Asks nothing more and ends the workers; resolves when their processes are gone. */
  async stop(): Promise<void> {
    this.#stopped = true
    clearInterval(this.#watch)
    this.#queue.clear()
    this.#waiting.clear()
    this.#again.length = 0
    this.#unheard.length = 0
    const workers = [...this.#workers]
    for (const worker of workers) worker.end('stopped')
    await Promise.all(workers.map((worker) => worker.gone()))
  }

  #pump(): void {
    if (this.#stopped) return
    if (this.#again.length > 0) this.#bringFresh()
    if (this.#queue.size > 0 && this.#wantsWorker()) this.#start('often')
    for (const worker of this.#workers) this.#feed(worker)
    this.#askUnheard()
  }

  #notHeard(item: Item): void {
    if (this.#askedOnce++ < maxAskedOnce) this.#unheard.push(item)
    else fail(item, unfinishedFile(`Which file is looked for in ${maxAskedOnce} attributes only.`))
  }

  #askUnheard(): void {
    if (this.#asksOnce()) return
    const item = this.#unheard.shift()
    if (item !== undefined) this.#start('once').askOnce(item)
  }

  #askedOften(): Worker<Item>[] {
    return [...this.#workers].filter(({ asked }) => asked === 'often')
  }

  #asksOnce(): boolean {
    return this.#workers.size > this.#askedOften().length
  }

  #feed(worker: Worker<Item>): void {
    while (!worker.ending && worker.outstanding < window) {
      const next = this.#queue.peek()
      if (next === undefined) return
      const alone = next.question.kind === 'read' || next.deaths > 0
      if (alone && worker.outstanding > 0) return
      const count = alone ? 1 : this.#size.take(this.#queue.size, this.#workers.size)
      const items = this.#queue.take(count)
      const cut = items.findIndex((item, at) => at > 0 && (item.question.kind === 'read' || item.deaths > 0))
      if (cut > 0) this.#queue.putBack(items.splice(cut))
      worker.ask(items)
      if (alone) return
    }
  }

  /** One always; a second for a large tree, if there are cores for it and for the writing of derivations, and memory. */
  #wantsWorker(): boolean {
    const { limits } = this.#options
    const live = [...this.#workers].filter((worker) => !worker.ending)
    if (live.length === 0) return !(this.#alone && this.#asksOnce())
    if (this.#alone) return false
    if (this.#queue.size < secondWorkerFrom || live.length >= Math.min(limits.workers, Math.floor(limits.cores / 2)))
      return false
    const largest = Math.max(...live.map((worker) => worker.residentBytes))
    return (
      live.every((worker) => worker.answers > 0) &&
      freemem() > 2 * largest &&
      largest * (live.length + 1) < limits.totalBytes
    )
  }

  #start(asked: Asked): Worker<Item> {
    const worker = new Worker<Item>(this.#options.worker(asked), {
      answered: (item, value, ms) => {
        this.#startFailures = 0
        this.#size.note(ms)
        item.settle({ value, evalMs: ms })
      },
      failed: (item, error, ms) => this.#failed(item, error, ms),
      unheard: (item) => this.#notHeard(item),
      unasked: (items) => {
        this.#queue.putBack(items)
        this.#pump()
      },
      heard: (item, heard) => this.#options.onHeard(item && pathOf(item), heard),
      died: (death) => {
        this.#workers.delete(worker)
        if (asked === 'often') this.#died(death)
        else this.#diedOnce(death)
      },
    })
    this.#workers.add(worker)
    return worker
  }

  #failed(item: Item, error: EvaluationError, ms: number): void {
    const builds = this.#options.neededBuilds(error)
    if (builds === undefined) item.settle({ failed: error, evalMs: ms })
    else this.#needsBuilds(item, builds, ms)
  }

  #needsBuilds(item: Item, builds: RefusedBuild[], ms: number): void {
    const drvPaths = builds.map(({ drvPath }) => drvPath)
    const arrival = this.#waiting.enter(item, drvPaths)
    if (typeof arrival === 'object') {
      item.settle({ failed: buildFailed(arrival.failedDrv, arrival.text), evalMs: ms })
      return
    }
    item.suspended()
    if (arrival === 'ask-again') this.#askAgain([item])
    else {
      for (const { drvPath, outputs } of builds) {
        for (const output of outputs) this.#options.onWaiting(pathOf(item), drvPath, output)
      }
    }
  }

  #askAgain(items: Item[]): void {
    for (const item of items) {
      item.rounds++
      if (item.rounds > maxRounds)
        fail(item, { message: `asked again ${maxRounds} times, and builds are still missing` })
      else if (!this.#options.remembersFailures) this.#queue.push(item)
      else {
        if (this.#again.length === 0) this.#againSince = performance.now()
        this.#again.push(item)
      }
    }
  }

  /** What became ready is asked together in a fresh process: at once when nothing else is to do, else after a while. */
  #bringFresh(): void {
    const live = [...this.#workers].filter((worker) => !worker.ending)
    const idle = this.#queue.size === 0 && live.every((worker) => worker.outstanding === 0)
    const patience = idle ? (this.#waiting.size > 0 ? collectMs : 0) : freshAfterMs
    if (performance.now() - this.#againSince < patience) return
    this.#queue.putBack(this.#again.splice(0))
    for (const worker of live) worker.end('recycled')
  }

  #died(death: Death<Item>): void {
    if (this.#stopped) return
    this.#queue.putBack(death.rest)
    if (death.culprit) {
      if (death.wasReady) this.#blame(death.culprit, death)
      else this.#queue.putBack([death.culprit])
    }
    if (death.cause === 'died' && !death.wasReady) this.#startFailures++
    if (this.#startFailures < maxStartFailures) this.#pump()
    else {
      const reason = `the evaluator does not start: ${[death.said, death.how].filter(Boolean).join('; ')}`
      this.#giveUp({ how: 'broken', reason })
    }
  }

  #diedOnce(death: Death<Item>): void {
    const { message } = deathError(death, this.#options.limits)
    if (death.culprit) fail(death.culprit, unfinishedFile(`Which file could not be found out: ${message}`))
    this.#pump()
  }

  /** One more process for it, unless the cause is its own for certain; an attribute that ends two is given up. */
  #blame(item: Item, death: Death<Item>): void {
    item.deaths++
    const certain = death.cause === 'time' || death.cause === 'message' || isStackOverflow(death)
    if (certain || item.deaths >= 2) fail(item, deathError(death, this.#options.limits))
    else this.#queue.putBack([item])
  }

  #look(): void {
    let busy = false
    let bytes = 0
    for (const worker of this.#workers) {
      worker.watch()
      bytes += worker.residentBytes
      busy ||= worker.outstanding > 0
    }
    this.peakBytes = Math.max(this.peakBytes, bytes)
    const { evaluationMs, totalBytes } = this.#options.limits
    if (bytes > totalBytes) this.#shrink()
    if (busy) this.#busyMs += watchMs
    if (this.#busyMs > evaluationMs) {
      const reason = `the evaluation took longer than ${evaluationMs / 1000} s`
      this.#giveUp({ how: 'limit', limit: 'evaluationMs', reason })
    } else if (this.#again.length > 0) this.#pump()
  }

  /** Together they take too much, although none does alone: one goes on with the work of all, after what is asked once. */
  #shrink(): void {
    const live = [...this.#workers].filter((worker) => !worker.ending)
    this.#alone = true
    const kept = this.#asksOnce() ? 0 : 1
    for (const worker of live.toSorted((a, b) => a.residentBytes - b.residentBytes).slice(kept)) worker.end('recycled')
  }

  #giveUp(stop: Stop): void {
    this.#stopped = true
    clearInterval(this.#watch)
    for (const worker of this.#workers) worker.end('stopped')
    this.#options.onStop(stop)
  }
}

function fail(item: Item, error: EvaluationError): void {
  item.settle({ failed: error, evalMs: 0 })
}

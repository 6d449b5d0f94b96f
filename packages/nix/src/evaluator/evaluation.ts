/**
 * Asks a Nix program about attribute paths.
 *
 * The caller supplies a program (what the root is, how to go to a child, what to say of a value) and decides in TypeScript
 * where to go next. The path of a question:
 *
 *   walk/read ─→ Scheduler ─→ Worker ─→ `nix repl` in a sandbox ─→ answer by `builtins.trace`
 *   (this file)  (who, when)  (batches) (evaluator-process.ts,     (questions.ts)
 *        ↑                               sandbox.ts)     └─→ store writes ─→ proxy ─→ daemon   (../daemon/proxy.ts)
 *        └── notice, once what was written before it is in the store  (notice-queue.ts)
 *
 * Evaluation never builds: the proxy refuses, the attribute waits (`waiting`), and is asked again after `built`.
 */
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { openStoreProxy, type StoreProxy } from '../daemon/proxy.ts'
import { parseRefusal } from '../daemon/refusal.ts'
import { makeFolder } from './folders.ts'
import { InOrder } from './in-order.ts'
import type { Item, Outcome } from './item.ts'
import { allLimits, type Limits } from './limits.ts'
import type { EvaluationError, Notice, Path } from './notice.ts'
import { NoticeQueue } from './notice-queue.ts'
import type { EvaluationOptions } from './options.ts'
import type { Question } from './questions.ts'
import { Scheduler } from './scheduler.ts'
import type { Heard } from './stderr-reader.ts'
import { workerOptions } from './worker-options.ts'

export type { EvaluationOptions } from './options.ts'

/** Why a walk ended: everything asked is answered; a limit; stopped by the signal or by closing; ours: no evaluator, no store. */
export type WalkEnd =
  | { how: 'finished' }
  | { how: 'limit'; limit: keyof Limits; reason: string }
  | { how: 'stopped' }
  | { how: 'broken'; reason: string }

/** `ended`: the evaluation came to its end before there was an answer; nothing is said of the expression. */
export type Reading = { value: unknown } | { failed: EvaluationError } | { ended: WalkEnd }

export type Visit = (path: Path, description: unknown) => Path[]

export type Evaluation = {
  /** Asks `first`, and what `visit` makes of each description; every answer is a notice. One walk at a time. */
  walk(first: Path[], visit: Visit): Promise<WalkEnd>
  /** The value of an expression in the scope of `it`, the program's value, deeply, as JSON. */
  read(expression: string): Promise<Reading>
  /** The outputs of a derivation that attributes wait for are in the store now: these attributes are asked again. */
  built(drvPath: string): void
  /** The derivation cannot be had: the attributes that wait for it fail with this text. */
  failed(drvPath: string, text: string): void
  /** the largest memory that the evaluators were seen to use together, bytes */
  readonly peakBytes: number
  /** Ends the evaluators; resolves when their processes are gone. */
  [Symbol.asyncDispose](): Promise<void>
}

/** Rejects only when the proxy's socket cannot be made; that no evaluator starts is told by `walk` and `read`. */
export async function openEvaluation(options: EvaluationOptions): Promise<Evaluation> {
  const folder = await makeFolder('eval')
  try {
    const evaluation = new RunningEvaluation(options, folder)
    await evaluation.open()
    return evaluation
  } catch (error) {
    await rm(folder, { recursive: true, force: true })
    throw error
  }
}

class RunningEvaluation implements Evaluation {
  readonly #options: EvaluationOptions
  readonly #folder: string
  readonly #limits: Limits
  readonly #scheduler: Scheduler
  readonly #notices: NoticeQueue
  readonly #ended = Promise.withResolvers<WalkEnd>()
  readonly #onAbort = () => void this.#end({ how: 'stopped' })
  #proxy: StoreProxy | undefined
  #outcome: WalkEnd | undefined
  #stopping: Promise<void> | undefined

  constructor(options: EvaluationOptions, folder: string) {
    this.#options = options
    this.#folder = folder
    const limits = allLimits(options.limits)
    this.#limits = limits
    this.#notices = new NoticeQueue(
      async () => await this.#proxy?.flushed(),
      (reason) => this.#end({ how: 'broken', reason }),
    )
    this.#scheduler = new Scheduler({
      limits,
      worker: (asked) => workerOptions(asked, options, { folder, limits }),
      remembersFailures: options.nix.features.remembersFailures,
      neededBuilds: (error) => parseRefusal(`${error.message}\n${error.trace ?? ''}`, this.#proxy?.nonce ?? ''),
      onHeard: (path, heard) => this.#notices.push(() => this.#tellHeard(path, heard)),
      onWaiting: (path, drvPath, output) => this.#tell({ kind: 'waiting', path, drvPath, output }),
      onStop: (stop) => this.#end(stop),
    })
    options.signal?.addEventListener('abort', this.#onAbort, { once: true })
    if (options.signal?.aborted) this.#onAbort()
  }

  async open(): Promise<void> {
    this.#proxy = await openStoreProxy({
      store: this.#options.store,
      socket: join(this.#folder, 'store.sock'),
      maxBytes: this.#limits.storeBytes,
      onTooMuch: (reason) => this.#end({ how: 'limit', limit: 'storeBytes', reason }),
      onRefusedBuild: () => {},
      onBroken: (reason) => this.#end({ how: 'broken', reason }),
    })
  }

  get peakBytes(): number {
    return this.#scheduler.peakBytes
  }

  async walk(first: Path[], visit: Visit): Promise<WalkEnd> {
    const { promise: finished, resolve: finish } = Promise.withResolvers<WalkEnd>()
    const order = new InOrder()
    let open = 0
    const settle = (path: Path, outcome: Outcome) => {
      this.#notices.push(() => {
        if (this.#outcome !== undefined) return
        this.#tellOutcome(path, outcome)
        if ('value' in outcome) ask(visit(path, outcome.value))
        if (--open === 0) finish({ how: 'finished' })
      })
    }
    const ask = (paths: Path[]) => {
      open += paths.length
      this.#scheduler.add(paths.map((path) => question(path, order.take())))
    }
    const question = (path: Path, place: number): Item => {
      const inPlace = (outcome: Outcome) => {
        if (this.#scheduler.oneByOne) return order.deliver(place, () => settle(path, outcome))
        order.skip(place) // one slow question should not hold up what other workers answer
        settle(path, outcome)
      }
      return item({ kind: 'describe', path }, inPlace, () => order.skip(place))
    }
    if (first.length === 0) finish({ how: 'finished' })
    ask(first)
    return await Promise.race([finished, this.#ended.promise])
  }

  async read(expression: string): Promise<Reading> {
    const { promise, resolve } = Promise.withResolvers<Reading>()
    const settle = (outcome: Outcome) =>
      this.#notices.push(() => resolve('value' in outcome ? { value: outcome.value } : { failed: outcome.failed }))
    this.#scheduler.add([item({ kind: 'read', expression }, settle)])
    return await Promise.race([promise, this.#ended.promise.then((ended): Reading => ({ ended }))])
  }

  built(drvPath: string): void {
    this.#scheduler.built(drvPath)
  }

  failed(drvPath: string, text: string): void {
    this.#scheduler.failed(drvPath, text)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#end({ how: 'stopped' })
    await this.#stopping
    await this.#proxy?.[Symbol.asyncDispose]()
    await rm(this.#folder, { recursive: true, force: true })
  }

  #end(end: WalkEnd): void {
    this.#outcome ??= end
    this.#options.signal?.removeEventListener('abort', this.#onAbort)
    this.#stopping ??= this.#scheduler.stop()
    this.#ended.resolve(this.#outcome)
  }

  #tell(notice: Notice): void {
    this.#notices.push(() => {
      if (this.#outcome === undefined) this.#options.on(notice)
    })
  }

  #tellOutcome(path: Path, outcome: Outcome): void {
    const { evalMs } = outcome
    if ('value' in outcome) this.#options.on({ kind: 'described', path, description: outcome.value, evalMs })
    else this.#options.on({ kind: 'failed', path, evalMs, ...outcome.failed })
  }

  #tellHeard(path: Path | undefined, heard: Heard): void {
    if (this.#outcome !== undefined) return
    const at = path && { path }
    if (heard.kind === 'message') this.#options.on({ kind: 'trace', ...at, text: heard.text.slice('trace: '.length) })
    else if (heard.kind === 'log') this.#options.on({ kind: 'log', ...at, level: heard.level, text: heard.text })
    else if (heard.kind === 'error') this.#options.on({ kind: 'log', ...at, level: 0, text: heard.text })
    else if (heard.kind === 'warning') this.#options.on({ kind: 'warning', ...at, text: heard.text })
    else this.#options.on({ kind: 'fetch', ...at, url: heard.url, ms: heard.ms })
  }
}

function item(question: Question, settle: (outcome: Outcome) => void, suspended = () => {}): Item {
  return { question, deaths: 0, rounds: 0, settle, suspended }
}

/**
 * One evaluator process and the questions it has been given.
 *
 *   ask(items) → answered(item) …                      each as its answer arrives
 *              → failed(item) + unasked(rest)          an error ended the line
 *              → unheard(item) + unasked(rest)         an error ended it that the repl does not tell (see `questions.ts`)
 *              → died(culprit, rest)                   the process ended; the worker is of no use any more
 *
 * Answers come in the order of the questions, so whatever is heard belongs to the first question without an answer.
 */
import { randomBytes } from 'node:crypto'
import { type Death, type DeathCause, howItEnded, timeLimitError } from './death.ts'
import { parseErrorText } from './error-text.ts'
import { type EvaluatorCommand, EvaluatorProcess } from './evaluator-process.ts'
import type { EvaluationError } from './notice.ts'
import { QuestionFiles } from './question-files.ts'
import { askInline, endLines, openingLines, parseFrame, type Question, readLine, wholeText } from './questions.ts'
import { type Heard, StderrReader } from './stderr-reader.ts'

export type WorkerListener<Item> = {
  answered: (item: Item, value: unknown, ms: number) => void
  failed: (item: Item, error: EvaluationError, ms: number) => void
  /** it failed, and only an evaluator that is asked nothing else will say why */
  unheard: (item: Item) => void
  /** a batch has ended; these of it were not asked */
  unasked: (items: Item[]) => void
  heard: (item: Item | undefined, heard: Heard) => void
  died: (death: Death<Item>) => void
}

/**
 * A repl lives through errors and is asked as long as it lives. One that is asked once gives the answer or the error and
 * ends; all else that it says was heard from the repl before.
 */
export type Asked = 'often' | 'once'

export type WorkerOptions = {
  asked: Asked
  command: EvaluatorCommand
  program: string
  /** a folder that the process can read, for the files of questions; `undefined`: questions go by the input */
  questionDir: string | undefined
  attributeMs: number
  workerBytes: number
}

type Batch<Item> = { id: number; items: Item[]; answered: number; file: string | undefined }

/** How long a process may take to give up by itself. */
const interruptGraceMs = 1_000
/** At this share of its memory a worker is replaced between two answers, before it would hit the limit within one. */
const recycleShare = 0.8
const greeting = /^(Welcome to )?Nix \S+\s+Type :\? for help/

export class Worker<Item extends { question: Question }> {
  readonly #nonce = randomBytes(16).toString('hex')
  readonly #options: WorkerOptions
  readonly #listener: WorkerListener<Item>
  readonly #process: EvaluatorProcess
  readonly #stderr = new StderrReader()
  readonly #files: QuestionFiles
  readonly #batches: Batch<Item>[] = []
  readonly #texts: string[] = []
  readonly #errors: string[] = []
  #cause: DeathCause | undefined
  #ready = false
  #since = performance.now()
  #interruptedAt: number | undefined
  #recycle = false
  #nextId = 1
  /** resident memory when last looked at, bytes */
  residentBytes = 0
  answers = 0
  dead = false

  constructor(options: WorkerOptions, listener: WorkerListener<Item>) {
    this.#options = options
    this.#listener = listener
    this.#files = new QuestionFiles(options.questionDir, this.#nonce.slice(0, 8))
    this.#process = new EvaluatorProcess(options.command, {
      onLine: (line) => this.#hear(line),
      onTooLong: () => this.end('message'),
      onGone: (how) => this.#gone(howItEnded(how)),
    })
    if (options.asked === 'once') return
    const program = this.#files.expression('program', options.program)
    this.#process.write(`${openingLines(program.line, this.#nonce)}${endLines(0)}`)
  }

  get asked(): Asked {
    return this.#options.asked
  }

  get outstanding(): number {
    return this.#batches.length
  }

  /** Whether it takes no more questions. */
  get ending(): boolean {
    return this.#options.asked === 'once' || this.#cause !== undefined || this.dead
  }

  /** Gives it a batch; a few may be outstanding, so that it never waits for us. */
  ask(items: Item[]): void {
    const id = this.#nextId++
    const { line, file } = this.#lineFor(items)
    if (this.#batches.length === 0) this.#since = performance.now()
    this.#batches.push({ id, items, answered: 0, file })
    this.#process.write(`${line}\n${endLines(id)}`)
  }

  /** Gives one that is asked once its question. */
  askOnce(item: Item): void {
    const { question } = item
    const line =
      question.kind === 'read' ? readLine(`(${functionOfIt(question.expression)})`) : askInline([question.path])
    this.#since = performance.now()
    this.#batches.push({ id: this.#nextId++, items: [item], answered: 0, file: undefined })
    this.#process.finish(wholeText(`(\n${this.#options.program}\n)`, this.#nonce, line))
  }

  /** Looks after time and memory; to be called every 100 ms or so. */
  watch(): void {
    if (this.dead) return
    this.residentBytes = this.#process.residentBytes()
    if (this.#batches.length === 0) return
    if (this.residentBytes > this.#options.workerBytes) this.end('memory')
    else if (this.residentBytes > this.#options.workerBytes * recycleShare) this.#recycle = this.answers > 0
    const now = performance.now()
    if (this.#interruptedAt !== undefined) {
      if (now - this.#interruptedAt > interruptGraceMs) this.end('time')
    } else if (now - this.#since > this.#options.attributeMs) {
      this.#interruptedAt = now
      this.#process.interrupt()
    }
  }

  end(cause: DeathCause): void {
    if (this.dead) return
    this.#cause ??= cause
    this.#process.kill()
  }

  async gone(): Promise<void> {
    await this.#process.gone()
  }

  #lineFor(items: Item[]): { line: string; file: string | undefined } {
    const [first] = items
    if (first?.question.kind === 'read') {
      const { line, file } = this.#files.expression('expression', functionOfIt(first.question.expression))
      return { line: readLine(line), file }
    }
    return this.#files.ask(items.flatMap(({ question }) => (question.kind === 'describe' ? [question.path] : [])))
  }

  #hear(line: string): void {
    if (this.#cause !== undefined) return // an answer that comes after the decision would shift the blame to the next
    const heard = this.#stderr.read(line)
    if (heard === undefined) return
    const frame = heard.kind === 'message' ? parseFrame(heard.text, this.#nonce) : undefined
    if (frame?.kind === 'answer') this.#answer(frame.json)
    else if (frame !== undefined) this.#endOfBatch(frame.batch, frame.kind === 'end')
    else this.#hearOther(heard)
  }

  #hearOther(heard: Heard): void {
    if (heard.kind === 'error') this.#errors.push(heard.text)
    else if (this.#ready) this.#listener.heard(this.#current(), heard)
    if (heard.kind === 'log') this.#keepText(heard.text)
  }

  #current(): Item | undefined {
    const batch = this.#batches[0]
    return batch?.items[batch.answered]
  }

  #answer(json: string): void {
    const batch = this.#batches[0]
    const item = this.#current()
    if (batch === undefined || item === undefined) return
    batch.answered++
    this.answers++
    const now = performance.now()
    this.#listener.answered(item, JSON.parse(json), now - this.#since)
    this.#since = now
    this.#forget()
    if (this.#recycle) this.end('recycled')
  }

  #endOfBatch(id: number, isHeard: boolean): void {
    this.#ready = true
    const batch = this.#batches[0]
    if (id === 0 || batch?.id !== id) return // the seal of a batch whose end was heard
    this.#batches.shift()
    this.#files.remove(batch.file)
    const [culprit, ...rest] = batch.items.slice(batch.answered)
    const now = performance.now()
    const ms = now - this.#since
    this.#since = now
    if (culprit !== undefined && isHeard) this.#listener.failed(culprit, this.#error(), ms)
    else if (culprit !== undefined) this.#listener.unheard(culprit)
    this.#listener.unasked(rest)
    this.#forget()
    this.#interruptedAt = undefined
  }

  #error(): EvaluationError {
    if (this.#interruptedAt !== undefined) return timeLimitError(this.#options)
    if (this.#errors.length === 0) return { message: 'the evaluator gave no answer and no error' }
    return parseErrorText(this.#errors.join('\n'))
  }

  #gone(how: string): void {
    this.dead = true
    const cause = this.#cause ?? (this.#interruptedAt === undefined ? 'died' : 'time')
    const [last] = this.#batches
    const saidWhy = cause === 'died' && this.#errors.length > 0
    if (this.#options.asked === 'once' && last !== undefined && saidWhy) this.#endOfBatch(last.id, true)
    const items = this.#batches.flatMap((batch) => batch.items.slice(batch.answered))
    for (const batch of this.#batches) this.#files.remove(batch.file)
    const blames = cause !== 'recycled' && cause !== 'stopped'
    const culprit = blames ? items.shift() : undefined
    const said = [...this.#errors, ...this.#texts].join('\n')
    this.#listener.died({ cause, culprit, rest: items, said, how, wasReady: this.#ready })
  }

  /** What was said so far has nothing to do with what is evaluated next. */
  #forget(): void {
    this.#errors.length = 0
    this.#texts.length = 0
  }

  #keepText(text: string): void {
    if (greeting.test(text)) return
    this.#texts.push(text.slice(0, 1000))
    if (this.#texts.length > 20) this.#texts.shift()
  }
}

function functionOfIt(expression: string): string {
  return `it: (\n${expression}\n)`
}

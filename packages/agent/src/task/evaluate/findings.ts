/** What an evaluation has found, as the server's events and lines of the task's log, in order (hercules-ci.md 4.6). */

import type { AttributeError, EvaluateEvent } from '@firn/contract/agent/evaluate-event'
import { showAttributePath } from '@firn/contract/attribute-path'
import { readSecretRefs } from '@firn/core/traversal/secret-refs'
import { type Decision, tooDeepMessage } from '@firn/core/traversal/visit'
import type { Notice, Path } from '@firn/nix/evaluator/notice'
import { logLevel, logText, type TaskLog } from '../../report/task-log.ts'
import type { DerivationGraph, Wanted } from './graph.ts'

export type FindingsNeeds = {
  graph: DerivationGraph
  emit: (events: readonly EvaluateEvent[]) => Promise<void>
  log: TaskLog
  /** in texts, the source's folder is left out: it is different in each task */
  checkout: string
  /** the server understands what Firn adds to the protocol: traces travel as messages too */
  extended: boolean
  /** so many attributes, errors and messages are taken (hercules-ci.md 1.9.4) */
  max: number
}

export const findingsMax = 50_000

const ignoredMax = 1_000

/** Of the log all is kept; beside the attributes stand only so many. */
const tracesMax = 1_000

const untoldMessage =
  'The name of this attribute is not UTF-8, so it can neither be told to a server nor built. What is no ASCII in it is shown as �.'

const limitedTags = new Set<EvaluateEvent['tag']>(['Attribute', 'AttributeEffect', 'AttributeError', 'Message'])

/** How newer Nix names the folder of a flake that is a clone. */
const fileOfClone = /«git\+file:\/\/([^?»\n]*)\?[^»\n]*»\//g

type Heard = Extract<Notice, { kind: 'trace' | 'warning' | 'fetch' | 'log' }>

export class Findings {
  readonly #needs: FindingsNeeds
  /** the folders that the source is in, as texts name them */
  readonly #sources: string[]
  #count = 0
  #messages = 0
  #attributes = 0
  #errors = 0
  #ignoredCount = 0
  #traces = 0
  /** the attribute that the log's last lines belong to */
  #speaker: string | undefined

  constructor(needs: FindingsNeeds) {
    this.#needs = needs
    this.#sources = [needs.checkout]
  }

  /** Whether there are more than an evaluation may have. */
  get exceeded(): boolean {
    return this.#count > this.#needs.max
  }

  get max(): number {
    return this.#needs.max
  }

  get summary(): string {
    return `${this.#attributes} attributes, ${this.#errors} errors, ${this.#ignoredCount} other values`
  }

  /** @param folder as texts begin the names of files in it, without the slash */
  sourceIsAlsoAt(folder: string): void {
    this.#sources.push(folder)
  }

  async emit(events: readonly EvaluateEvent[]): Promise<void> {
    const kept: EvaluateEvent[] = []
    for (const event of events) {
      if (limitedTags.has(event.tag) && ++this.#count > this.#needs.max) break
      kept.push(event)
    }
    await this.#needs.emit(kept)
  }

  /** Beyond the limit too: it says why the evaluation ends. */
  async message(text: string): Promise<void> {
    await this.#needs.emit([this.#messageEvent(text)])
  }

  async decided(path: Path, decision: Decision, evalMs: number): Promise<void> {
    switch (decision.do) {
      case 'attribute':
        return await this.#attribute(path, decision, evalMs)
      case 'effect':
        return await this.#effect(path, decision.drvPath, evalMs)
      case 'refuse':
        return await this.failed(path, { message: decision.message, evalMs })
      case 'tooDeep':
        return await this.emit(decision.paths.map((deep) => this.#messageEvent(tooDeepMessage(deep))))
      case 'ignore':
        return await this.#ignored(path, decision.because)
      case 'descend':
    }
  }

  async failed(
    path: Path,
    error: { message: string; trace?: string; errorType?: string; drvPath?: string; evalMs?: number },
  ): Promise<void> {
    const contents: AttributeError = { expressionPath: path, errorMessage: this.#local(error.message) }
    if (error.trace !== undefined) contents.trace = this.#local(error.trace)
    if (error.errorType !== undefined) contents.errorType = error.errorType
    if (error.drvPath !== undefined) contents.errorDerivation = error.drvPath
    if (error.evalMs !== undefined) contents.evalMs = rounded(error.evalMs)
    this.#errors++
    await this.emit([{ tag: 'AttributeError', contents }])
  }

  /** Attributes of a set whose names cannot be told; `names` as they can be shown. */
  async untold(path: Path, names: readonly string[]): Promise<void> {
    for (const name of names) await this.failed([...path, name], { message: untoldMessage })
  }

  /** What Nix said while an attribute was evaluated. */
  async heard(notice: Heard): Promise<void> {
    const speaker = notice.path && nameOf(notice.path)
    if (speaker !== undefined && speaker !== this.#speaker) {
      this.#speaker = speaker
      await logText(this.#needs.log, logLevel.info, `while evaluating ${speaker}:`)
    }
    const { level, text } = lineOf(notice)
    await logText(this.#needs.log, level, this.#local(text))
    const said = notice.kind === 'trace' || notice.kind === 'warning'
    if (!said || notice.path === undefined || !this.#needs.extended || this.#traces++ >= tracesMax) return
    const contents = {
      index: this.#messages++,
      typ: 'Trace' as const,
      message: this.#local(notice.text),
      expressionPath: notice.path,
    }
    await this.#needs.emit([{ tag: 'Message', contents }])
  }

  /** Tells of a derivation and asks for its build. Gives false when it cannot be had; an error is reported then. */
  async plan(path: Path, drvPath: string, wanted: Wanted): Promise<boolean> {
    const told = await this.#needs.graph.add(drvPath, wanted)
    await this.emit(told.events)
    if (told.refused === undefined) return true
    await this.failed(path, { message: told.refused, drvPath })
    return false
  }

  async #attribute(
    path: Path,
    { drvPath, type }: Extract<Decision, { do: 'attribute' }>,
    evalMs: number,
  ): Promise<void> {
    if (!(await this.plan(path, drvPath, type === 'DependenciesOnly' ? 'inputs' : 'itself'))) return
    this.#attributes++
    await this.emit([
      {
        tag: 'Attribute',
        contents: { expressionPath: path, derivationPath: drvPath, typ: type, evalMs: rounded(evalMs) },
      },
    ])
  }

  /** Said of the first ones: a package set has ten thousands. */
  async #ignored(path: Path, because: string): Promise<void> {
    if (this.#ignoredCount++ < ignoredMax) {
      await logText(this.#needs.log, logLevel.talkative, `${nameOf(path)} is ignored: ${because}`)
    }
  }

  /** hercules-ci.md 1.8.7, 1.9.6b */
  async #effect(path: Path, drvPath: string, evalMs: number): Promise<void> {
    if (!(await this.plan(path, drvPath, 'inputs'))) return
    const derivation = await this.#needs.graph.read(drvPath)
    const secrets = readSecretRefs(derivation?.env ?? {}, parseJson)
    if (!secrets.ok) return await this.failed(path, { message: secrets.reason, drvPath })
    this.#attributes++
    const contents = {
      expressionPath: path,
      derivationPath: drvPath,
      secretsToUse: secrets.refs,
      evalMs: rounded(evalMs),
    }
    await this.emit([{ tag: 'AttributeEffect', contents }])
  }

  #messageEvent(text: string): EvaluateEvent {
    return { tag: 'Message', contents: { index: this.#messages++, typ: 'Error', message: this.#local(text) } }
  }

  #local(text: string): string {
    const { checkout } = this.#needs
    const plain = text.replaceAll(fileOfClone, (place, folder) => (folder === checkout ? './' : place))
    return this.#sources.reduce((local, folder) => local.replaceAll(`${folder}/`, './'), plain)
  }
}

/** Milliseconds, to a hundredth. */
function rounded(ms: number): number {
  return Math.round(ms * 100) / 100
}

function lineOf(notice: Heard): { level: number; text: string } {
  switch (notice.kind) {
    case 'trace':
      return { level: logLevel.notice, text: `trace: ${notice.text}` }
    case 'warning':
      return { level: logLevel.warn, text: `warning: ${notice.text}` }
    case 'fetch':
      return { level: logLevel.info, text: `fetched ${notice.url} in ${Math.round(notice.ms)} ms` }
    case 'log':
      return { level: notice.level, text: notice.text }
  }
}

function nameOf(path: Path): string {
  return path.length === 0 ? 'the root' : showAttributePath(path)
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

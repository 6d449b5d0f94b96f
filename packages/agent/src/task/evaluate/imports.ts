/**
 * Import from derivation: attributes that need a build to be evaluated wait for it, the others go on (hercules-ci.md 1.13).
 *
 *   waiting ─▶ BuildRequired, DerivationInfo…, BuildRequest, AttributeIFD ─▶ awaitBuild ─▶ the evaluator asks again
 */
import type { EvaluateEvent } from '@firn/contract/agent/evaluate-event'
import type { Evaluation } from '@firn/nix/evaluator/evaluation'
import type { Path } from '@firn/nix/evaluator/notice'
import type { Findings } from './findings.ts'

/** What became of a derivation that was waited for. */
export type ImportOutcome = { built: true } | { built: false; text: string }

export type ImportsNeeds = {
  findings: Findings
  /** everything emitted so far is accepted: the server knows what is waited for */
  flush: () => Promise<void>
  awaitBuild: (drvPath: string) => Promise<ImportOutcome>
  evaluation: () => Pick<Evaluation, 'built' | 'failed'>
  onError: (error: unknown) => void
}

type Import = { index: number; drvPath: string; output: string }

/** Nix names the option; a project's setting is behind it. */
export function explainRefusal(message: string): string {
  const refused = /because the option '\S*allow-import-from-derivation\S*' is disabled/.test(message)
  return refused ? `${message}\nImport from derivation is switched off for this project.` : message
}

export class Imports {
  readonly #needs: ImportsNeeds
  readonly #known = new Map<string, Import>()
  readonly #waited = new Map<string, Import[]>()
  readonly #awaited = new Map<string, Promise<void>>()
  readonly #failed = new Set<string>()

  constructor(needs: ImportsNeeds) {
    this.#needs = needs
  }

  /** Whether anything was waited for. */
  get any(): boolean {
    return this.#known.size > 0
  }

  /** An attribute cannot be evaluated before this output is there. */
  async wait(path: Path, drvPath: string, output: string): Promise<void> {
    const { findings } = this.#needs
    const required = await this.#require(path, drvPath, output)
    const key = JSON.stringify(path)
    const waited = this.#waited.get(key) ?? []
    if (waited.includes(required)) return
    this.#waited.set(key, [...waited, required])
    await findings.emit([waitEvent(path, required, false)])
    await this.#needs.flush()
    if (!this.#awaited.has(drvPath)) this.#awaited.set(drvPath, this.#await(drvPath).catch(this.#needs.onError))
  }

  /** The attribute is evaluated now, or never will be: its waiting is over. */
  async settled(path: Path): Promise<void> {
    const key = JSON.stringify(path)
    const waited = this.#waited.get(key)
    if (waited === undefined) return
    this.#waited.delete(key)
    await this.#needs.findings.emit(waited.map((required) => waitEvent(path, required, true)))
  }

  /** The type of an error that a failed build caused (hercules-ci.md 1.9.1). */
  errorType(drvPath: string | undefined): { errorType?: string } {
    return drvPath !== undefined && this.#failed.has(drvPath) ? { errorType: 'BuildException' } : {}
  }

  async #require(path: Path, drvPath: string, output: string): Promise<Import> {
    const key = `${drvPath}!${output}`
    const known = this.#known.get(key)
    if (known !== undefined) return known
    const required = { index: this.#known.size, drvPath, output }
    this.#known.set(key, required)
    await this.#needs.findings.emit([
      { tag: 'BuildRequired', contents: { index: required.index, derivationPath: drvPath, outputName: output } },
    ])
    await this.#needs.findings.plan(path, drvPath, 'itself')
    return required
  }

  async #await(drvPath: string): Promise<void> {
    const outcome = await this.#needs.awaitBuild(drvPath)
    if (outcome.built) return this.#needs.evaluation().built(drvPath)
    this.#failed.add(drvPath)
    this.#needs.evaluation().failed(drvPath, outcome.text)
  }
}

function waitEvent(path: Path, { index, drvPath, output }: Import, done: boolean): EvaluateEvent {
  return {
    tag: 'AttributeIFD',
    contents: { expressionPath: path, derivationPath: drvPath, derivationOutput: output, done, index },
  }
}

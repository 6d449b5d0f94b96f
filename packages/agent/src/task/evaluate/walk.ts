/**
 * The walk through the values of an evaluation. The evaluator's answers come as fast as it gives them; here each waits its
 * turn in one queue, so that events and log lines come out in the order of the answers, whatever each takes to tell.
 */
import { BoundedQueue } from '@firn/base/bounded-queue'
import { PushArgument } from '@firn/contract/agent/evaluate-event'
import { type Decision, decideVisit, levelsMax, type WalkMode } from '@firn/core/traversal/visit'
import type { Evaluation, WalkEnd } from '@firn/nix/evaluator/evaluation'
import type { Notice, Path } from '@firn/nix/evaluator/notice'
import { readDescription } from './description.ts'
import type { Findings } from './findings.ts'
import { explainRefusal, type ImportOutcome, Imports } from './imports.ts'
import { explainAttributeLimit, type TellSetting } from './limits.ts'

export type WalkNeeds = {
  findings: Findings
  flush: () => Promise<void>
  awaitBuild: (drvPath: string, signal: AbortSignal) => Promise<ImportOutcome>
  /** begins the traces that tell of the use of an argument */
  nonce: string
  tellSetting: TellSetting
  signal: AbortSignal
}

type Step = () => Promise<void>

export class Walk {
  readonly #needs: WalkNeeds
  readonly #steps = new BoundedQueue<Step>(Infinity)
  readonly #working: Promise<void>
  readonly #imports: Imports
  readonly #limit = Promise.withResolvers<WalkEnd>()
  /** sets below which a functor call has cost levels */
  readonly #calls: { path: Path; calls: number }[] = []
  /** Arguments that differ from push to push and that were looked at. */
  readonly forced = new Set<PushArgument>()
  #evaluation: Evaluation | undefined
  #evalMs = 0

  constructor(needs: WalkNeeds) {
    this.#needs = needs
    const { findings, flush, awaitBuild, signal } = needs
    this.#imports = new Imports({
      findings,
      flush,
      awaitBuild: (drvPath) => awaitBuild(drvPath, signal),
      evaluation: () => this.#open(),
      onError: (error) => this.#limit.reject(error),
    })
    this.#limit.promise.catch(() => {})
    this.#working = this.#work()
    this.#working.catch((error: unknown) => this.#limit.reject(error))
  }

  /** Whether something was imported from a derivation that had to be built first. */
  get imported(): boolean {
    return this.#imports.any
  }

  begin(evaluation: Evaluation): void {
    this.#evaluation = evaluation
  }

  /** Asks for everything from the root on; rejects for a bug only. */
  async run(mode: WalkMode): Promise<WalkEnd> {
    const walk = this.#open().walk([[]], (path, description) => this.#visit(mode, path, description))
    return await Promise.race([walk, this.#limit.promise])
  }

  notice(notice: Notice): void {
    const { findings, tellSetting } = this.#needs
    if (notice.kind === 'described') this.#evalMs = notice.evalMs // `#visit` is called next, with the same attribute
    if (notice.kind === 'described' || this.#watched(notice)) return
    this.#step(async () => {
      if (notice.kind === 'waiting') await this.#imports.wait(notice.path, notice.drvPath, notice.output)
      else if (notice.kind !== 'failed') await findings.heard(notice)
      else {
        await this.#imports.settled(notice.path)
        const message = explainAttributeLimit(explainRefusal(notice.message), notice.errorType, tellSetting)
        await findings.failed(notice.path, { ...notice, message, ...this.#imports.errorType(notice.drvPath) })
      }
    })
  }

  /** Does something after everything that came before it. */
  async settleFirst(step: Step): Promise<void> {
    this.#step(step)
    await this.finish()
  }

  /** Resolves when everything that came is told. */
  async finish(): Promise<void> {
    this.#steps.close()
    await this.#working
  }

  #open(): Evaluation {
    if (this.#evaluation === undefined) throw new Error('the walk has no evaluation yet')
    return this.#evaluation
  }

  #visit(mode: WalkMode, path: Path, description: unknown): Path[] {
    const read = readDescription(description)
    const decision: Decision = read.ok
      ? decideVisit(mode, { path, levels: this.#levels(path) }, read.described)
      : { do: 'refuse', message: read.reason }
    if (read.ok && read.described.is === 'set' && read.described.calls > 0)
      this.#calls.push({ path, calls: read.described.calls })
    const evalMs = this.#evalMs
    this.#step(async () => {
      await this.#imports.settled(path)
      await this.#needs.findings.decided(path, decision, evalMs)
      if (read.ok && decision.do === 'descend') await this.#needs.findings.untold(path, read.untold)
    })
    return decision.do === 'descend' ? decision.into.map((place) => [...place.path]) : []
  }

  /** Whether it is one of the traces that tell of the use of an argument. */
  #watched(notice: Notice): boolean {
    const { nonce } = this.#needs
    if (notice.kind !== 'trace' || !notice.text.startsWith(`${nonce} `)) return false
    const argument = PushArgument.safeParse(notice.text.slice(nonce.length + 1))
    if (argument.success) this.forced.add(argument.data)
    return true
  }

  #levels(path: Path): number {
    const below = this.#calls.filter(
      (called) => called.path.length < path.length && called.path.every((name, i) => name === path[i]),
    )
    return below.reduce((levels, { calls }) => levels - calls, levelsMax - path.length)
  }

  #step(step: Step): void {
    void this.#steps.push(step)
  }

  async #work(): Promise<void> {
    for await (const step of this.#steps) {
      if (this.#needs.signal.aborted || this.#needs.findings.exceeded) continue
      await step()
      if (this.#needs.findings.exceeded) this.#limit.resolve({ how: 'stopped' })
    }
  }
}

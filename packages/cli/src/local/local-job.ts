/** One job of a local run: a handler or the configuration, and what its evaluation has found so far. */
import type { EvaluateEvent } from '@firn/contract/agent/evaluate-event'
import type { JobType } from '@firn/contract/api/job'
import type { JobFacts } from '@firn/core/job/fold'
import { jobTitle } from '../watch/job-lines.ts'
import type { BuildGraph } from './build-graph.ts'
import type { EvaluationEnd } from './evaluate-here.ts'
import { Found, type FoundAttribute } from './found.ts'

export type LocalJobKind = { type: 'Config' } | { type: 'OnPush' | 'OnSchedule'; name: string }

export class LocalJob {
  readonly index: number
  readonly found = new Found()
  readonly #kind: LocalJobKind
  #evaluation: JobFacts['evaluation'] = 'queued'
  #error: string | null = null
  #isBroken = false
  isCancelled = false

  constructor(index: number, kind: LocalJobKind) {
    this.index = index
    this.#kind = kind
  }

  get type(): JobType {
    return this.#kind.type === 'Config' && this.found.isLegacy ? 'Legacy' : this.#kind.type
  }

  /** Whether it is known what it is called: of a file, first when it is known what is in it. */
  get isNamed(): boolean {
    return this.#kind.type !== 'Config' || this.found.isLegacy !== undefined || this.#evaluation !== 'running'
  }

  get name(): string | null {
    return 'name' in this.#kind ? this.#kind.name : null
  }

  get title(): string {
    return jobTitle({ jobType: this.type, jobName: this.name })
  }

  get evaluation(): JobFacts['evaluation'] {
    return this.#evaluation
  }

  /** Why the evaluation ended early. */
  get error(): string | null {
    return this.#error
  }

  /** Whether the evaluation ended early for a reason that is not the user's. */
  get isBroken(): boolean {
    return this.#isBroken
  }

  begin(): void {
    this.#evaluation = 'running'
  }

  /** @returns the derivations to build for it */
  take(event: EvaluateEvent, graph: Pick<BuildGraph, 'info'>): string[] {
    const before = this.found.attributes.length
    this.found.take(event)
    return this.found.attributes.slice(before).flatMap((attribute) => rootsOf(attribute, graph))
  }

  evaluated(end: EvaluationEnd, error: string | null): void {
    this.#evaluation = end === 'done' ? 'succeeded' : 'failed'
    this.#isBroken = end === 'broken'
    this.#error = error
  }
}

/** What is built for an attribute: its derivation, or for those marked so only what that needs (hercules-ci.md 1.8.10). */
export function rootsOf({ type, drvPath }: FoundAttribute, graph: Pick<BuildGraph, 'info'>): string[] {
  if (type !== 'Effect' && type !== 'DependenciesOnly') return [drvPath]
  return Object.keys(graph.info(drvPath)?.inputDerivations ?? {})
}

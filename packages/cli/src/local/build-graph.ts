/**
 * The derivations of a local run, each once for all its jobs, and how far each is:
 *
 *   (known) ─plan─▶ waiting ─▶ ready ─start─▶ building ─▶ built
 *                     │          │   ◀─again──   └──────▶ failed ─▶ what needs it: blocked
 *                     │          └ no machine here for it: stuck ─▶ what needs it: stuck
 *                     └ (a failed input: blocked at once)
 *
 * Known and not planned: what nobody needs, since it or what would need it is there already. No clock and no store here.
 */
import type { BuildFailure } from '@firn/contract/agent/build-failure'
import type { DerivationInfo } from '@firn/contract/agent/evaluate-event'
import type { DerivationStatus } from '@firn/contract/api/derivation'

/** `fetch`: a substituter has it, so it needs none of its inputs. `present`: it is in the store. */
export type Need = 'build' | 'fetch' | 'present'

export type FailedEnd = { tookMs: number | null; technicalError: string | null; failure?: BuildFailure | undefined }

export type BuildState =
  | { is: 'waiting'; missing: Set<string> }
  | { is: 'ready' }
  | { is: 'building'; since: number }
  | { is: 'built'; tookMs: number | null }
  | ({ is: 'failed' } & FailedEnd)
  | { is: 'blocked' }
  | { is: 'stuck'; because: string }

/** Why a derivation cannot be built by this machine; undefined where it can. */
export type WhyNotHere = (info: DerivationInfo) => string | undefined

type Planned = { need: Need; state: BuildState }

export class BuildGraph {
  readonly #whyNotHere: WhyNotHere
  readonly #infos = new Map<string, DerivationInfo>()
  readonly #planned = new Map<string, Planned>()
  readonly #dependents = new Map<string, string[]>()

  constructor(whyNotHere: WhyNotHere) {
    this.#whyNotHere = whyNotHere
  }

  know(info: DerivationInfo): void {
    this.#infos.set(info.derivationPath, info)
  }

  info(drvPath: string): DerivationInfo | undefined {
    return this.#infos.get(drvPath)
  }

  state(drvPath: string): BuildState | undefined {
    return this.#planned.get(drvPath)?.state
  }

  need(drvPath: string): Need | undefined {
    return this.#planned.get(drvPath)?.need
  }

  /** In the terms in which jobs are judged (hercules-ci.md 2.3.1). */
  status(drvPath: string): DerivationStatus {
    const state = this.state(drvPath)
    return state === undefined ? 'NotPlanned' : statusOf(state)
  }

  /** Direct inputs that are planned themselves. */
  neededInputs(drvPath: string): string[] {
    if (this.need(drvPath) !== 'build') return []
    return Object.keys(this.#infos.get(drvPath)?.inputDerivations ?? {}).filter((input) => this.#planned.has(input))
  }

  /** The planned derivations below these, and they themselves. */
  closure(drvPaths: Iterable<string>): Set<string> {
    const found = new Set<string>()
    const open = [...drvPaths]
    for (let next = open.pop(); next !== undefined; next = open.pop()) {
      if (found.has(next) || !this.#planned.has(next)) continue
      found.add(next)
      open.push(...this.neededInputs(next))
    }
    return found
  }

  /** Those that are planned already stay as they are. @returns what can be begun now */
  plan(needs: ReadonlyMap<string, Need>): string[] {
    const fresh = [...needs].filter(([drvPath]) => !this.#planned.has(drvPath))
    for (const [drvPath, need] of fresh)
      this.#planned.set(drvPath, { need, state: { is: 'waiting', missing: new Set() } })
    // All are there before the first is looked at: each may need any other.
    for (const [drvPath] of fresh) this.#await(drvPath)
    return fresh.flatMap(([drvPath]) => this.#consider(drvPath))
  }

  started(drvPath: string, since: number): void {
    this.#set(drvPath, { is: 'building', since })
  }

  /** It is begun once more later. */
  again(drvPath: string): void {
    this.#set(drvPath, { is: 'ready' })
  }

  /** @returns what can be begun now */
  succeeded(drvPath: string, tookMs: number | null): string[] {
    this.#set(drvPath, { is: 'built', tookMs })
    return (this.#dependents.get(drvPath) ?? []).flatMap((dependent) => {
      const state = this.state(dependent)
      if (state?.is !== 'waiting') return []
      state.missing.delete(drvPath)
      return this.#consider(dependent)
    })
  }

  failed(drvPath: string, end: FailedEnd): void {
    this.#set(drvPath, { is: 'failed', ...end })
    this.#spread(drvPath, { is: 'blocked' })
  }

  #await(drvPath: string): void {
    const planned = this.#planned.get(drvPath)
    if (planned?.state.is !== 'waiting') return
    for (const input of this.neededInputs(drvPath)) {
      this.#dependents.set(input, [...(this.#dependents.get(input) ?? []), drvPath])
      if (this.state(input)?.is !== 'built') planned.state.missing.add(input)
    }
  }

  /** Looks at one that waits: present, ready, blocked or stuck by an input, or still waiting. */
  #consider(drvPath: string): string[] {
    const planned = this.#planned.get(drvPath)
    if (planned?.state.is !== 'waiting') return []
    if (planned.need === 'present') return this.succeeded(drvPath, null)
    const inputs = [...planned.state.missing].map((input) => this.state(input))
    if (inputs.some((state) => state?.is === 'failed' || state?.is === 'blocked')) {
      this.#set(drvPath, { is: 'blocked' })
      this.#spread(drvPath, { is: 'blocked' })
      return []
    }
    const stuck = this.#whyStuck(planned.need, drvPath) ?? inputs.find((state) => state?.is === 'stuck')?.because
    if (stuck !== undefined) {
      this.#set(drvPath, { is: 'stuck', because: stuck })
      this.#spread(drvPath, { is: 'stuck', because: stuck })
      return []
    }
    if (planned.state.missing.size > 0) return []
    planned.state = { is: 'ready' }
    return [drvPath]
  }

  #whyStuck(need: Need, drvPath: string): string | undefined {
    const info = this.#infos.get(drvPath)
    return need === 'build' && info !== undefined ? this.#whyNotHere(info) : undefined
  }

  /** To all that need it, however indirectly. What waits for a machine and for something failed is blocked. */
  #spread(from: string, state: Extract<BuildState, { is: 'blocked' | 'stuck' }>): void {
    const open = [...(this.#dependents.get(from) ?? [])]
    for (let next = open.pop(); next !== undefined; next = open.pop()) {
      const is = this.state(next)?.is
      if (is !== 'waiting' && !(is === 'stuck' && state.is === 'blocked')) continue
      this.#set(next, state)
      open.push(...(this.#dependents.get(next) ?? []))
    }
  }

  #set(drvPath: string, state: BuildState): void {
    const planned = this.#planned.get(drvPath)
    if (planned !== undefined) planned.state = state
  }
}

const statuses: Record<BuildState['is'], DerivationStatus> = {
  waiting: 'Waiting',
  ready: 'Waiting',
  building: 'Building',
  built: 'BuildSuccess',
  failed: 'BuildFailure',
  blocked: 'DependencyFailure',
  stuck: 'Waiting',
}

function statusOf({ is }: BuildState): DerivationStatus {
  return statuses[is]
}

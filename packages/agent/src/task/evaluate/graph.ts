/** The derivations of an evaluation: each told once, inputs first, and asked to be built (hercules-ci.md 1.14). */
import { readFileSync } from 'node:fs'
import type { EvaluateEvent } from '@firn/contract/agent/evaluate-event'
import { type ClosureEntry, readClosure, UnreadableDerivation } from '@firn/nix/closure'
import { type Derivation, parseDerivation } from '@firn/nix/derivation'
import { derivationInfo } from './derivation-info.ts'

/** `itself`: it and all it needs; `inputs`: only what it needs (hercules-ci.md 1.8.10). */
export type Wanted = 'itself' | 'inputs'

/** `refused`: why the derivation cannot be planned; the events count all the same. */
export type Told = { events: EvaluateEvent[]; refused: string | undefined }

/**
 * The evaluator has just written it: it is small and in memory. Reading it at once takes a fifth of the time that four
 * trips to a thread take, and an evaluation reads ten thousands.
 */
async function readDrv(drvPath: string): Promise<Buffer> {
  return readFileSync(drvPath)
}

export class DerivationGraph {
  readonly #signal: AbortSignal
  readonly #seen = new Set<string>()
  /** told, but wanted for their inputs only */
  readonly #unrequested = new Set<string>()
  readonly #refused = new Map<string, string>()

  constructor(signal: AbortSignal) {
    this.#signal = signal
  }

  /**
   * The events for what is new. Every input is requested, since nothing is known to be in a cache. Refused: what cannot
   * be read, or has (or needs) outputs without a path before the build (hercules-ci.md 1.8.9).
   */
  async add(drvPath: string, wanted: Wanted): Promise<Told> {
    const events: EvaluateEvent[] = []
    try {
      for await (const entry of readClosure([drvPath], { read: readDrv, seen: this.#seen, signal: this.#signal })) {
        this.#tell(entry, events)
        if (entry.drvPath !== drvPath) this.#request(entry.drvPath, events)
      }
    } catch (error) {
      if (!(error instanceof UnreadableDerivation)) throw error
      this.#refused.set(drvPath, error.message)
    }
    const refused = this.#refused.get(drvPath)
    if (refused === undefined && wanted === 'itself') this.#request(drvPath, events)
    return { events, refused }
  }

  /** The derivation itself, for what its environment says. */
  async read(drvPath: string): Promise<Derivation | undefined> {
    const parsed = parseDerivation(await readDrv(drvPath))
    return parsed.ok ? parsed.derivation : undefined
  }

  #tell({ drvPath, derivation }: ClosureEntry, events: EvaluateEvent[]): void {
    const inputs = Object.keys(derivation.inputDrvs)
    const floating = Object.values(derivation.outputs).some(({ path }) => path === undefined)
    const refused = floating ? contentAddressed(drvPath) : inputs.map((input) => this.#refused.get(input)).find(Boolean)
    if (refused !== undefined) this.#refused.set(drvPath, refused)
    events.push({ tag: 'DerivationInfo', contents: derivationInfo({ drvPath, derivation }) })
    this.#unrequested.add(drvPath)
    for (const input of inputs) this.#request(input, events)
  }

  #request(drvPath: string, events: EvaluateEvent[]): void {
    if (!this.#unrequested.delete(drvPath) || this.#refused.has(drvPath)) return
    events.push({ tag: 'BuildRequest', contents: { derivationPath: drvPath, forceRebuild: false } })
  }
}

function contentAddressed(drvPath: string): string {
  return `Content addressed derivations are not supported yet: ${drvPath}`
}

/**
 * What of an evaluation's graph is asked for (hercules-ci.md 1.14.2–1.14.4). An evaluation asks for everything that its
 * attributes need; here what is there already is struck out, with all that only it needs:
 *
 *   DerivationInfo…, BuildRequest…, Attribute ─▶ DerivationInfo…, [PushedAll], BuildRequest of what is missing, Attribute
 *
 * Looked for is what attributes want first, and the inputs only of what is not there: a question a level for all
 * attributes of a batch.
 */
import { type EvaluateEvent, type EventContents, eventsInBatchMax } from '@firn/contract/agent/evaluate-event'
import type { FoundOutput, Sought } from '../../caches/find-outputs.ts'

export type PlannerNeeds = {
  /** Of the derivations those that are there; an empty list where the server said so itself. */
  find: (sought: readonly Sought[]) => Promise<ReadonlyMap<string, readonly FoundOutput[]>>
  /** Makes the derivations' files available to other agents. */
  push: (drvPaths: readonly string[]) => Promise<{ ok: true; caches: string[] } | { ok: false; reason: string }>
}

export type Planned = { ok: true; events: EvaluateEvent[] } | { ok: false; reason: string }

type Told = { inputs: readonly string[]; outputs: Record<string, string> | undefined }

export class RequestPlanner {
  readonly #needs: PlannerNeeds
  readonly #told = new Map<string, Told>()
  /** each path once: a large graph names each hundreds of times */
  readonly #paths = new Map<string, string>()
  readonly #looked = new Set<string>()
  readonly #there = new Map<string, readonly FoundOutput[]>()
  readonly #requested = new Set<string>()

  constructor(needs: PlannerNeeds) {
    this.#needs = needs
  }

  /** The batch as it is to be sent; it may be longer or shorter than before. Refused when the files cannot be pushed. */
  async plan(batch: readonly EvaluateEvent[]): Promise<Planned> {
    for (const event of batch) if (event.tag === 'DerivationInfo') this.#learn(event.contents)
    const wanted = new Map(batch.map((event) => [event, this.#wantedBy(event)]))
    const all = [...new Set([...wanted.values()].flat())]
    const pushed = await this.#needs.push(all.filter((drvPath) => !this.#looked.has(drvPath)))
    if (!pushed.ok) return { ok: false, reason: `the derivations ${pushed.reason}` }
    await this.#look(all)
    const pushes = pushed.caches.map((cache) => ({ tag: 'PushedAll' as const, contents: { cache } }))
    const kept = batch.filter((event) => event.tag !== 'BuildRequest' || event.contents.forceRebuild)
    const events = kept.flatMap((event) => {
      const requests = (wanted.get(event) ?? []).flatMap((drvPath) => [...this.#request(drvPath)])
      return [...(requests.length > 0 ? pushes.splice(0) : []), ...requests, event]
    })
    return { ok: true, events }
  }

  #learn({ derivationPath, inputDerivations, outputs }: EventContents<'DerivationInfo'>): void {
    const paths = Object.entries(outputs).map(([name, { path }]) => [name, path] as const)
    this.#told.set(this.#once(derivationPath), {
      inputs: Object.keys(inputDerivations).map((input) => this.#once(input)),
      outputs: paths.every(([, path]) => path)
        ? Object.fromEntries(paths.map(([name, path]) => [name, path ?? '']))
        : undefined,
    })
  }

  #once(path: string): string {
    const known = this.#paths.get(path)
    if (known === undefined) this.#paths.set(path, path)
    return known ?? path
  }

  /** hercules-ci.md 1.14.3, 1.14.3b */
  #wantedBy(event: EvaluateEvent): readonly string[] {
    switch (event.tag) {
      case 'Attribute':
        return event.contents.typ === 'DependenciesOnly'
          ? this.#inputsOf(event.contents.derivationPath)
          : [event.contents.derivationPath]
      case 'AttributeEffect':
        return this.#inputsOf(event.contents.derivationPath)
      case 'AttributeIFD':
        return event.contents.done ? [] : [event.contents.derivationPath]
      default:
        return []
    }
  }

  #inputsOf(drvPath: string): readonly string[] {
    return this.#told.get(drvPath)?.inputs ?? []
  }

  async #look(wanted: readonly string[]): Promise<void> {
    let level = new Set(wanted)
    for (;;) {
      const unknown = [...level].filter((drvPath) => !this.#looked.has(drvPath))
      if (unknown.length === 0) return
      for (const drvPath of unknown) this.#looked.add(drvPath)
      const sought = unknown.flatMap((drvPath) => {
        const outputs = this.#told.get(drvPath)?.outputs
        return outputs === undefined ? [] : [{ drvPath, outputs }]
      })
      for (const [drvPath, outputs] of await this.#needs.find(sought)) this.#there.set(drvPath, outputs)
      level = new Set(unknown.flatMap((drvPath) => (this.#there.has(drvPath) ? [] : this.#inputsOf(drvPath))))
    }
  }

  /** Inputs before what needs them, since a derivation whose inputs nobody asked for would be built at once. */
  *#request(wanted: string): Iterable<EvaluateEvent> {
    if (this.#requested.has(wanted)) return
    this.#requested.add(wanted)
    const stack = [{ drvPath: wanted, next: 0 }]
    for (let visit = stack.at(-1); visit !== undefined; visit = stack.at(-1)) {
      const inputs = this.#there.has(visit.drvPath) ? [] : this.#inputsOf(visit.drvPath)
      const input = inputs[visit.next++]
      if (input === undefined) {
        stack.pop()
        yield* this.#foundOf(visit.drvPath)
        yield { tag: 'BuildRequest', contents: { derivationPath: visit.drvPath, forceRebuild: false } }
        for (const there of inputs) yield* this.#foundOf(there)
      } else if (!this.#there.has(input) && !this.#requested.has(input)) {
        this.#requested.add(input)
        stack.push({ drvPath: input, next: 0 })
      }
    }
  }

  /** Each is said once. */
  #foundOf(drvPath: string): EvaluateEvent[] {
    const found = this.#there.get(drvPath) ?? []
    if (found.length > 0) this.#there.set(drvPath, [])
    return found.map(({ storeURI, output }) => ({
      tag: 'SubstitutionQueryResult',
      contents: { storeURI, derivation: output.deriver, outputName: output.name, outputInfo: output },
    }))
  }
}

/** What is said of a derivation's outputs goes in one request with the wish for it, which follows. */
export function intoRequests(events: readonly EvaluateEvent[]): EvaluateEvent[][] {
  const requests: EvaluateEvent[][] = []
  for (let from = 0; from < events.length; ) {
    let to = Math.min(events.length, from + eventsInBatchMax)
    while (to < events.length && to > from && events[to - 1]?.tag === 'SubstitutionQueryResult') to--
    if (to === from) to = from + eventsInBatchMax
    requests.push(events.slice(from, to))
    from = to
  }
  return requests
}

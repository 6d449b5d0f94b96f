/** Questions that wait for builds, and what is known of the builds. */
import type { Item } from './item.ts'

export type Arrival = 'waits' | 'ask-again' | { failedDrv: string; text: string }

export class WaitingRoom {
  readonly #needs = new Map<Item, Set<string>>()
  readonly #waiting = new Map<string, Set<Item>>()
  readonly #built = new Set<string>()
  readonly #failed = new Map<string, string>()

  get size(): number {
    return this.#needs.size
  }

  /** A question needs these derivations: what now? Those that are built are not waited for again. */
  enter(item: Item, drvPaths: string[]): Arrival {
    for (const drvPath of drvPaths) {
      const text = this.#failed.get(drvPath)
      if (text !== undefined) return { failedDrv: drvPath, text }
    }
    const missing = drvPaths.filter((drvPath) => !this.#built.has(drvPath))
    if (missing.length === 0) return 'ask-again'
    this.#needs.set(item, new Set(missing))
    for (const drvPath of missing) {
      const items = this.#waiting.get(drvPath) ?? new Set()
      this.#waiting.set(drvPath, items.add(item))
    }
    return 'waits'
  }

  /** Gives the questions that wait for nothing else. */
  built(drvPath: string): Item[] {
    this.#built.add(drvPath)
    this.#failed.delete(drvPath)
    const items = [...(this.#waiting.get(drvPath) ?? [])]
    this.#waiting.delete(drvPath)
    return items.filter((item) => {
      const needs = this.#needs.get(item)
      needs?.delete(drvPath)
      if (needs === undefined || needs.size > 0) return false
      this.#needs.delete(item)
      return true
    })
  }

  /** Gives the questions that cannot be answered now. */
  failed(drvPath: string, text: string): Item[] {
    this.#failed.set(drvPath, text)
    const items = [...(this.#waiting.get(drvPath) ?? [])]
    for (const item of items) this.#leave(item)
    return items
  }

  clear(): Item[] {
    const items = [...this.#needs.keys()]
    this.#needs.clear()
    this.#waiting.clear()
    return items
  }

  #leave(item: Item): void {
    for (const drvPath of this.#needs.get(item) ?? []) this.#waiting.get(drvPath)?.delete(item)
    this.#needs.delete(item)
  }
}

/** Which outputs are there already: in this machine's store, or in a store that tasks fetch from (hercules-ci.md 1.14.2). */
import type { OutputInfo } from '@firn/contract/agent/build-event'
import type { StoreConnection } from '@firn/nix/daemon/client'
import type { PathInfo } from '@firn/nix/daemon/path-info'

/** A derivation, with its outputs' paths by their names. */
export type Sought = { drvPath: string; outputs: Record<string, string> }

/** An output, and the store that has it. */
export type FoundOutput = { storeURI: string; output: OutputInfo }

export type OutputSource = {
  storeURI: string
  /** a connection to the store itself */
  use: <T>(work: (store: StoreConnection) => Promise<T>) => Promise<T>
  /** whether what it has could be fetched from it; always true of this machine's own store */
  mayFetch: (info: PathInfo) => boolean
}

export type FinderNeeds = {
  /** the first that has an output counts */
  sources: readonly OutputSource[]
  /** told once of each source that cannot be asked; it is not asked again */
  onUnreachable: (storeURI: string, reason: string) => void
}

export class OutputFinder {
  readonly #sources: Set<OutputSource>
  readonly #needs: FinderNeeds

  constructor(needs: FinderNeeds) {
    this.#needs = needs
    this.#sources = new Set(needs.sources)
  }

  /** Those derivations all of whose outputs are there. */
  async find(sought: readonly Sought[]): Promise<Map<string, FoundOutput[]>> {
    const found = new Map<string, { storeURI: string; info: PathInfo }>()
    const left = new Set(sought.flatMap(({ outputs }) => Object.values(outputs)))
    for (const source of this.#sources) {
      if (left.size === 0) break
      for (const info of await this.#ask(source, [...left])) {
        left.delete(info.path)
        found.set(info.path, { storeURI: source.storeURI, info })
      }
    }
    return new Map(
      sought.flatMap(({ drvPath, outputs }) => {
        const entries = Object.entries(outputs).map(([name, path]) => ({ name, at: found.get(path) }))
        const complete = entries.length > 0 && entries.every(({ at }) => at !== undefined)
        return complete ? [[drvPath, entries.flatMap(({ name, at }) => (at ? [outputOf(drvPath, name, at)] : []))]] : []
      }),
    )
  }

  async #ask(source: OutputSource, paths: string[]): Promise<PathInfo[]> {
    try {
      return await source.use(async (store) => {
        const infos: PathInfo[] = []
        for (const path of await store.queryValidPaths(paths)) {
          const info = await store.queryPathInfo(path)
          if (info !== undefined && source.mayFetch(info)) infos.push(info)
        }
        return infos
      })
    } catch (error) {
      this.#sources.delete(source)
      this.#needs.onUnreachable(source.storeURI, error instanceof Error ? error.message : String(error))
      return []
    }
  }
}

function outputOf(deriver: string, name: string, at: { storeURI: string; info: PathInfo }): FoundOutput {
  const { path, narHash: hash, narSize: size, references } = at.info
  return { storeURI: at.storeURI, output: { deriver, name, path, hash, size, references } }
}

/** Nix fetches only what is signed by a key that it trusts, or names its own contents. */
export function trustedBy(publicKeys: readonly string[]): (info: PathInfo) => boolean {
  const trusted = new Set(publicKeys.map(keyName))
  return ({ ca, signatures }) => ca !== undefined || signatures.some((signature) => trusted.has(keyName(signature)))
}

/** Of `name:base64`, a key or a signature. */
function keyName(text: string): string {
  return text.slice(0, text.indexOf(':'))
}

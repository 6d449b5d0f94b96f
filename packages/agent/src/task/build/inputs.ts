/** What a build needs is protected from garbage collection, and fetched where a substituter has it (hercules-ci.md 4.10.2). */
import type { StoreConnection } from '@firn/nix/daemon/client'

export type BuildWork = { derivationPath: string; inputDerivationOutputPaths: readonly string[] }

/** Undefined when everything is there; else a sentence that names what is not. */
export async function missingInputs(store: StoreConnection, work: BuildWork): Promise<string | undefined> {
  const { derivationPath, inputDerivationOutputPaths: inputs } = work
  const wanted = [derivationPath, ...inputs]
  for (const path of wanted) await store.addTempRoot(path) // first the root, then the look: between them nothing can vanish
  const valid = await store.queryValidPaths(wanted)
  if (!valid.has(derivationPath) && !(await store.ensurePath(derivationPath)).ok) {
    return `Could not retrieve derivation ${derivationPath} from local store or binary caches.`
  }
  for (const input of inputs) {
    if (valid.has(input)) continue
    const fetched = await store.ensurePath(input)
    if (!fetched.ok) return `the input ${input} is not in the store of this agent: ${fetched.reason}`
  }
  return undefined
}

/** What a build needs is protected from garbage collection, and fetched where a substituter has it (hercules-ci.md 4.10.2). */
import type { StoreConnection } from '@firn/nix/daemon/client'

export type BuildWork = { derivationPath: string; inputDerivationOutputPaths: readonly string[] }

/** `inputs`: those that are not there; empty where it is the derivation itself that is missing. */
export type Missing = { reason: string; inputs: string[] }

/** Undefined when everything is there; else with a sentence that names the first thing that is not. */
export async function missingInputs(store: StoreConnection, work: BuildWork): Promise<Missing | undefined> {
  const { derivationPath, inputDerivationOutputPaths: inputs } = work
  const wanted = [derivationPath, ...inputs]
  for (const path of wanted) await store.addTempRoot(path) // first the root, then the look: between them nothing can vanish
  const valid = await store.queryValidPaths(wanted)
  if (!valid.has(derivationPath) && !(await store.ensurePath(derivationPath)).ok) {
    const reason = `Could not retrieve derivation ${derivationPath} from local store or binary caches.`
    return { reason, inputs: [] }
  }
  const missing = new Map<string, string>()
  for (const input of inputs) {
    if (valid.has(input)) continue
    const fetched = await store.ensurePath(input)
    if (!fetched.ok) missing.set(input, fetched.reason)
  }
  const [first] = missing
  if (first === undefined || !(await mustBuild(store, derivationPath))) return undefined
  const [input, because] = first
  return { reason: `the input ${input} is not in the store of this agent: ${because}`, inputs: [...missing.keys()] }
}

/** Its outputs may be there, or to be fetched; then its inputs don't matter. */
async function mustBuild(store: StoreConnection, drvPath: string): Promise<boolean> {
  const { willBuild } = await store.queryMissing([{ drvPath, outputs: '*' }])
  return willBuild.includes(drvPath)
}

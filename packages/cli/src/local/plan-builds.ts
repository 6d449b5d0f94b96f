/** What has to be done so that derivations are built: asked of Nix, which knows what is in the store and what substituters have. */
import { type StoreConnection, StoreError } from '@firn/nix/daemon/client'
import type { BuildGraph, Need } from './build-graph.ts'

type PlanningStore = Pick<StoreConnection, 'queryMissing' | 'queryValidPaths' | 'addTempRoot'>

/**
 * The wanted derivations with their need, and those below them that have to be built for them. Inputs of what is there
 * or can be fetched are left out. All of it is kept from garbage collection while the connection lives.
 */
export async function planBuilds(
  store: PlanningStore,
  graph: Pick<BuildGraph, 'info'>,
  wanted: readonly string[],
): Promise<Map<string, Need>> {
  for (const drvPath of wanted) await store.addTempRoot(drvPath)
  const build = await toBuild(store, graph, wanted)
  const outputs = new Map(wanted.map((drvPath) => [drvPath, outputPaths(graph, drvPath)]))
  const paths = [...outputs.values()].flat()
  for (const path of paths) await store.addTempRoot(path)
  const valid = await store.queryValidPaths(paths)
  const needs = new Map<string, Need>()
  for (const drvPath of build) needs.set(drvPath, 'build')
  for (const [drvPath, own] of outputs)
    if (!build.has(drvPath)) needs.set(drvPath, own.every((path) => valid.has(path)) ? 'present' : 'fetch')
  return needs
}

/** Where Nix cannot say, everything: to build what is there costs a question. */
async function toBuild(
  store: PlanningStore,
  graph: Pick<BuildGraph, 'info'>,
  wanted: readonly string[],
): Promise<Set<string>> {
  try {
    const { willBuild } = await store.queryMissing(wanted.map((drvPath) => ({ drvPath, outputs: '*' })))
    return new Set(willBuild)
  } catch (error) {
    if (error instanceof StoreError) return everythingBelow(graph, wanted)
    throw error
  }
}

function everythingBelow(graph: Pick<BuildGraph, 'info'>, wanted: readonly string[]): Set<string> {
  const found = new Set<string>()
  const open = [...wanted]
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    if (found.has(next)) continue
    found.add(next)
    open.push(...Object.keys(graph.info(next)?.inputDerivations ?? {}))
  }
  return found
}

function outputPaths(graph: Pick<BuildGraph, 'info'>, drvPath: string): string[] {
  return Object.values(graph.info(drvPath)?.outputs ?? {}).flatMap(({ path }) => path ?? [])
}

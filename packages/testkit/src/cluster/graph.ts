/**
 * A made-up package set, for measuring: the shape is that of a real one (a bootstrap chain, a hub that everything needs,
 * sources, a few libraries that very many need, collections with hundreds of inputs), and the same seed gives the same graph.
 */
import type { EvaluateEvent } from '@firn/contract/agent/evaluate-event'
import { DrvPath, StorePath } from '@firn/contract/ids'

/** Derivation `n` needs derivations with smaller numbers only. */
export type Node = { n: number; name: string; needs: number[]; isPackage: boolean }

export const buildPlatform = 'aarch64-linux'

const bootstrap = 12
/** Of a thousand derivations one is a collection, such as a release or a set of tests. */
const collectionEach = 1000
const collectionInputs = 300

export function packageSet(size: number, seed = 1): Node[] {
  const random = seeded(seed)
  const nodes: Node[] = []
  const packages: number[] = []
  for (let n = 0; n < size; n++) {
    const { kind, needs } = shapeOf(n, packages, random)
    if (kind === 'pkg') packages.push(n)
    nodes.push({ n, name: `${kind}-${n}`, needs: [...new Set(needs)], isPackage: kind === 'pkg' })
  }
  return nodes
}

function shapeOf(n: number, packages: number[], random: () => number): { kind: string; needs: number[] } {
  const hub = bootstrap - 1
  if (n < bootstrap) return { kind: 'bootstrap', needs: n === 0 ? [] : [n - 1] }
  if (n % collectionEach === collectionEach - 1)
    return { kind: 'collection', needs: [hub, ...packages.slice(-collectionInputs)] }
  if (n % 5 < 2) return { kind: 'source', needs: [hub] }
  // A library near the front is needed by very many, one near the end by few.
  const count = 1 + Math.floor(random() * 8)
  const libraries = Array.from(
    { length: Math.min(count, packages.length) },
    () => packages[Math.floor(packages.length * random() ** 3)] ?? hub,
  )
  return { kind: 'pkg', needs: [hub, n - (n % 5), ...libraries].filter((need) => need < n) }
}

/** `size` derivations that are ready at once, for as soon as their one common input is built. */
export function wideSet(size: number): Node[] {
  return Array.from({ length: size }, (_, n) => ({
    n,
    name: `wide-${n}`,
    needs: n === 0 ? [] : [0],
    isPackage: n > 0,
  }))
}

/** What an evaluation would say of it, in batches as agents send them. */
export function* eventsOf(nodes: readonly Node[], salt: string, batch = 1000): Generator<EvaluateEvent[]> {
  const events: EvaluateEvent[] = []
  for (const node of nodes) {
    events.push(...eventsOfNode(node, nodes, salt))
    while (events.length >= batch) yield events.splice(0, batch)
  }
  if (events.length > 0) yield events
}

function eventsOfNode({ name, needs, isPackage }: Node, nodes: readonly Node[], salt: string): EvaluateEvent[] {
  const derivationPath = drvOf(name, salt)
  const inputs = needs.map((need) => [drvOf(nodes[need]?.name ?? '', salt), ['out']] satisfies [string, string[]])
  const info: EvaluateEvent = {
    tag: 'DerivationInfo',
    contents: {
      derivationPath,
      platform: buildPlatform,
      requiredSystemFeatures: [],
      inputDerivations: Object.fromEntries(inputs),
      inputSources: [],
      outputs: { out: { path: outputOf(derivationPath), isFixed: false } },
    },
  }
  const request: EvaluateEvent = { tag: 'BuildRequest', contents: { derivationPath, forceRebuild: false } }
  const attribute: EvaluateEvent = {
    tag: 'Attribute',
    contents: { expressionPath: ['packages', name], derivationPath, typ: 'Regular' },
  }
  return isPackage ? [info, request, attribute] : [info, request]
}

export function drvOf(name: string, salt: string): DrvPath {
  return DrvPath.parse(`/nix/store/${hashPart(name, salt)}-${name}.drv`)
}

/** The output path of a derivation of a made-up set: told from its own path, so that a builder needs no table. */
export function outputOf(drvPath: string): StorePath {
  return StorePath.parse(drvPath.replace(/^\/nix\/store\/./, '/nix/store/z').replace(/\.drv$/, ''))
}

const alphabet = '0123456789abcdfghijklmnpqrsvwxyz'

function hashPart(name: string, salt: string): string {
  const random = seeded([...`${salt} ${name}`].reduce((sum, c) => (Math.imul(sum, 31) + c.charCodeAt(0)) | 0, 7))
  return Array.from({ length: 32 }, (_, i) => alphabet.charAt(i === 0 ? 0 : Math.floor(random() * 32))).join('')
}

/** mulberry32 */
function seeded(seed: number): () => number {
  let a = seed | 0
  return () => {
    a = (a + 0x6d2b79f5) | 0
    let t = Math.imul(a ^ (a >>> 15), 1 | a)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296
  }
}

/** Derivations by their place in `seconds`, and who needs whom: the derivation at `dependents[i]` needs that at `inputs[i]`. */
export type BuildGraph = { seconds: Float64Array; dependents: Int32Array; inputs: Int32Array }

/**
 * For each derivation how long it takes at least from its start until everything that needs it is built too: the longest
 * chain upwards, itself included. Whoever builds the largest first keeps the critical path busy. Linear in derivations
 * and edges; a circle, which Nix cannot make, would keep its members at their own time.
 */
export function criticalPaths({ seconds, dependents, inputs }: BuildGraph): Float64Array {
  const paths = Float64Array.from(seconds)
  const waitsFor = new Int32Array(seconds.length) // dependents whose own path is not final yet
  const edgesOf = byDependent(seconds.length, dependents)
  for (const input of inputs) waitsFor[input] = at(waitsFor, input) + 1
  const final: number[] = []
  for (let node = 0; node < seconds.length; node++) if (at(waitsFor, node) === 0) final.push(node)
  for (let node = final.pop(); node !== undefined; node = final.pop()) {
    for (let i = at(edgesOf.start, node); i < at(edgesOf.start, node + 1); i++) {
      const input = at(inputs, at(edgesOf.edges, i))
      paths[input] = Math.max(at(paths, input), at(paths, node) + at(seconds, input))
      waitsFor[input] = at(waitsFor, input) - 1
      if (at(waitsFor, input) === 0) final.push(input)
    }
  }
  return paths
}

/** The numbers of the edges of each dependent: those of node n stand from `start[n]` to `start[n + 1]`. */
function byDependent(nodes: number, dependents: Int32Array): { start: Int32Array; edges: Int32Array } {
  const start = new Int32Array(nodes + 1)
  for (const node of dependents) start[node + 1] = at(start, node + 1) + 1
  for (let node = 0; node < nodes; node++) start[node + 1] = at(start, node + 1) + at(start, node)
  const filled = start.slice()
  const edges = new Int32Array(dependents.length)
  dependents.forEach((node, edge) => {
    const place = at(filled, node)
    edges[place] = edge
    filled[node] = place + 1
  })
  return { start, edges }
}

const at = (list: Int32Array | Float64Array, index: number): number => list[index] ?? 0

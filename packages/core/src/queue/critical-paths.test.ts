import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { type BuildGraph, criticalPaths } from './critical-paths.ts'

const graph = (seconds: number[], edges: [dependent: number, input: number][]): BuildGraph => ({
  seconds: Float64Array.from(seconds),
  dependents: Int32Array.from(edges, ([dependent]) => dependent),
  inputs: Int32Array.from(edges, ([, input]) => input),
})

test('a chain adds up from its end, a diamond takes its longer side', () => {
  // 0 needs 1 and 2, both need 3; 4 is alone
  const paths = criticalPaths(
    graph(
      [1, 10, 100, 1000, 5],
      [
        [0, 1],
        [0, 2],
        [1, 3],
        [2, 3],
      ],
    ),
  )
  assert.deepEqual([...paths], [1, 11, 101, 1101, 5])
})

test('nothing, and a node that is needed twice by the same', () => {
  assert.deepEqual([...criticalPaths(graph([], []))], [])
  assert.deepEqual(
    [
      ...criticalPaths(
        graph(
          [1, 2],
          [
            [0, 1],
            [0, 1],
          ],
        ),
      ),
    ],
    [1, 3],
  )
})

/** Edges from a node to later ones only, so that there is no circle. */
const graphs = fc.array(fc.integer({ min: 0, max: 9 }), { minLength: 1, maxLength: 12 }).chain((seconds) =>
  fc.array(fc.tuple(fc.nat(seconds.length - 1), fc.nat(seconds.length - 1)), { maxLength: 30 }).map((pairs) => ({
    seconds,
    edges: pairs.flatMap(([a, b]): [number, number][] => (a === b ? [] : [[Math.min(a, b), Math.max(a, b)]])),
  })),
)

test('each is the longest of all chains upwards, as counted one by one', () => {
  fc.assert(
    fc.property(graphs, ({ seconds, edges }) => {
      const longest = (node: number): number =>
        (seconds[node] ?? 0) +
        Math.max(0, ...edges.filter(([, input]) => input === node).map(([dependent]) => longest(dependent)))
      assert.deepEqual(
        [...criticalPaths(graph(seconds, edges))],
        seconds.map((_, node) => longest(node)),
      )
    }),
  )
})

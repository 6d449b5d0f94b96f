import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { readClosure, UnreadableDerivation } from './closure.ts'

const drv = (n: number) => `/nix/store/${n.toString().padStart(32, '0')}-n.drv`

/** A graph in which a derivation has inputs of lower numbers only. */
function contents(inputs: readonly number[]): Buffer {
  const list = [...new Set(inputs)].map((input) => `("${drv(input)}",["out"])`).join(',')
  return Buffer.from(`Derive([("out","/nix/store/${'0'.repeat(32)}-n","","")],[${list}],[],"x","b",[],[])`)
}

async function walk(
  graph: readonly (readonly number[])[],
  tops: number[],
  seen = new Set<string>(),
): Promise<string[]> {
  const order: string[] = []
  const read = async (drvPath: string) => contents(graph[Number(drvPath.slice(11, 43))] ?? [])
  for await (const { drvPath } of readClosure(tops.map(drv), { read, seen })) order.push(drvPath)
  return order
}

const graphs = fc
  .integer({ min: 1, max: 60 })
  .chain((size) =>
    fc.tuple(
      ...Array.from({ length: size }, (_, n) =>
        n === 0 ? fc.constant<number[]>([]) : fc.array(fc.nat(n - 1), { maxLength: 5 }),
      ),
    ),
  )

test('each derivation comes once, after its inputs', async () => {
  await fc.assert(
    fc.asyncProperty(graphs, async (graph) => {
      const order = await walk(graph, [graph.length - 1])
      const at = new Map(order.map((drvPath, index) => [drvPath, index]))
      assert.equal(at.size, order.length)
      for (const drvPath of order) {
        for (const input of graph[Number(drvPath.slice(11, 43))] ?? [])
          assert((at.get(drv(input)) ?? Infinity) < (at.get(drvPath) ?? -1))
      }
      assert(at.has(drv(graph.length - 1)))
    }),
  )
})

test('what an earlier call gave is not given again', async () => {
  const seen = new Set<string>()
  assert.deepEqual(await walk([[], [0], [0]], [1], seen), [drv(0), drv(1)])
  assert.deepEqual(await walk([[], [0], [0]], [2, 1], seen), [drv(2)])
})

test('a chain of 50,000 does not exhaust the stack', async () => {
  const graph = Array.from({ length: 50_000 }, (_, n) => (n === 0 ? [] : [n - 1]))
  assert.equal((await walk(graph, [49_999])).length, 50_000)
})

test('a derivation that cannot be read is named', async () => {
  const gone = readClosure([drv(1)], { read: () => Promise.reject(new Error('no such file')), seen: new Set() })
  await assert.rejects(
    async () => await gone.next(),
    (error) => error instanceof UnreadableDerivation && error.drvPath === drv(1),
  )
  const broken = readClosure([drv(1)], { read: async () => Buffer.from('nonsense'), seen: new Set() })
  await assert.rejects(async () => await broken.next(), /not a derivation/)
})

import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { DerivationInfo } from '@firn/contract/agent/evaluate-event'
import { BuildGraph, type Need } from './build-graph.ts'

const drv = (name: string) => `/nix/store/${'a'.repeat(32)}-${name}.drv`

/** Derivations by name with what they need; `arm…` are for another platform. */
function graphOf(edges: Record<string, string[]>): BuildGraph {
  const graph = new BuildGraph(({ platform }) => (platform === 'x86_64-linux' ? undefined : `none for ${platform}`))
  for (const [name, needs] of Object.entries(edges)) {
    const info: DerivationInfo = {
      derivationPath: drv(name),
      platform: name.startsWith('arm') ? 'aarch64-linux' : 'x86_64-linux',
      requiredSystemFeatures: [],
      inputDerivations: Object.fromEntries(needs.map((need) => [drv(need), ['out']])),
      inputSources: [],
      outputs: { out: { path: null, isFixed: false } },
    }
    graph.know(info)
  }
  return graph
}

const plan = (graph: BuildGraph, needs: Record<string, Need>) =>
  graph.plan(new Map(Object.entries(needs).map(([name, need]) => [drv(name), need])))

const diamond = { base: [], left: ['base'], right: ['base'], top: ['left', 'right'] }
const all = { top: 'build', left: 'build', right: 'build', base: 'build' } as const

test('in order of need, each once, whatever the order of the plan', () => {
  const graph = graphOf(diamond)
  assert.deepEqual(plan(graph, all), [drv('base')])
  assert.deepEqual(plan(graph, all), [])
  assert.equal(graph.status(drv('top')), 'Waiting')
  graph.started(drv('base'), 1)
  assert.equal(graph.status(drv('base')), 'Building')
  assert.deepEqual(graph.succeeded(drv('base'), 5), [drv('left'), drv('right')])
  assert.deepEqual(graph.succeeded(drv('left'), 5), [])
  assert.deepEqual(graph.succeeded(drv('right'), 5), [drv('top')])
})

test('what is in the store or can be fetched needs nothing of what it was made from', () => {
  const graph = graphOf(diamond)
  assert.deepEqual(plan(graph, { top: 'build', left: 'present', right: 'fetch' }), [drv('right')])
  assert.equal(graph.status(drv('left')), 'BuildSuccess')
  assert.equal(graph.status(drv('base')), 'NotPlanned')
  assert.deepEqual([...graph.closure([drv('top')])].sort(), ['left', 'right', 'top'].map(drv).sort())
  assert.deepEqual(graph.succeeded(drv('right'), 5), [drv('top')])
})

test('a plan that comes later finds what was built, failed or still runs', () => {
  const graph = graphOf({ ...diamond, bad: [], needsBad: ['bad'] })
  plan(graph, { base: 'build', bad: 'build' })
  graph.succeeded(drv('base'), 5)
  graph.failed(drv('bad'), { tookMs: 1, technicalError: null })
  assert.deepEqual(plan(graph, { ...all, needsBad: 'build' }), [drv('left'), drv('right')])
  assert.equal(graph.status(drv('needsBad')), 'DependencyFailure')
})

test('a failure blocks all that needs it, and only that', () => {
  const graph = graphOf({ ...diamond, above: ['top'], other: [] })
  plan(graph, { ...all, above: 'build', other: 'build' })
  graph.succeeded(drv('base'), 5)
  graph.failed(drv('left'), { tookMs: 1, technicalError: null })
  assert.deepEqual(
    ['left', 'right', 'top', 'above', 'other'].map((name) => graph.status(drv(name))),
    ['BuildFailure', 'Waiting', 'DependencyFailure', 'DependencyFailure', 'Waiting'],
  )
  assert.deepEqual(graph.succeeded(drv('right'), 5), [])
})

test('what no machine here can build is stuck with all that needs it, and begins nothing', () => {
  const graph = graphOf({ arm: [], top: ['arm', 'bad'], above: ['top'], bad: [], armBuilt: [] })
  const ready = plan(graph, { top: 'build', above: 'build', arm: 'build', bad: 'build', armBuilt: 'fetch' })
  assert.deepEqual(ready, [drv('bad'), drv('armBuilt')])
  assert.deepEqual(graph.state(drv('above')), { is: 'stuck', because: 'none for aarch64-linux' })
  assert.equal(graph.status(drv('above')), 'Waiting')
  graph.failed(drv('bad'), { tookMs: 1, technicalError: null })
  assert.equal(graph.status(drv('above')), 'DependencyFailure')
  assert.equal(graph.state(drv('arm'))?.is, 'stuck')
})

import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { EvaluateEvent } from '@firn/contract/agent/evaluate-event'
import { attribute, derivation, drv, failure } from '@firn/testkit/events'
import { BuildGraph } from './build-graph.ts'
import { isOnlyBroken, judge, viewOf } from './judge-job.ts'
import { LocalJob } from './local-job.ts'

/** A job that has evaluated these; derivations are planned when they are wanted, `arm…` cannot be built here. */
function jobOf(...events: EvaluateEvent[]) {
  const graph = new BuildGraph(({ platform }) => (platform.startsWith('x86') ? undefined : 'None for arm.'))
  const job = new LocalJob(1, { type: 'OnPush', name: 'default' })
  job.begin()
  for (const event of events) {
    if (event.tag === 'DerivationInfo') graph.know(event.contents)
    const wanted = job.take(event, graph)
    graph.plan(new Map(wanted.map((drvPath) => [drvPath, 'build'])))
  }
  job.evaluated('done', null)
  const state = () => judge(job, graph).state
  return {
    graph,
    job,
    state,
    broken: () => isOnlyBroken(judge(job, graph), graph),
    view: () => viewOf(judge(job, graph), graph),
  }
}

const technical = { tookMs: 1, technicalError: 'disk full' }
const usual = { tookMs: 1, technicalError: null }

test('only broken: every failure is ours', () => {
  const { graph, state, broken } = jobOf(derivation('a'), attribute(['a'], 'a'), derivation('b'), attribute(['b'], 'b'))
  graph.failed(drv('a'), technical)
  graph.succeeded(drv('b'), 1)
  assert.deepEqual([state().phase, state().status, broken()], ['Done', 'Failure', true])
})

test('not only broken: a failure of the user’s beside it, or an error of evaluation', () => {
  const two = jobOf(derivation('a'), attribute(['a'], 'a'), derivation('b'), attribute(['b'], 'b'))
  two.graph.failed(drv('a'), technical)
  two.graph.failed(drv('b'), usual)
  assert.equal(two.broken(), false)
  const withError = jobOf(derivation('a'), attribute(['a'], 'a'), failure(['b'], 'no'))
  withError.graph.failed(drv('a'), technical)
  assert.equal(withError.broken(), false)
})

test('an evaluation that broke is ours, one that met a limit is the user’s', () => {
  const { job, broken, view } = jobOf()
  job.evaluated('broken', 'the store is gone')
  assert.equal(broken(), true)
  assert.equal(view().because, 'Evaluation ended early: the store is gone.')
  job.evaluated('limit', null)
  assert.equal(broken(), false)
})

test('what cannot be built here is red and ends the job, but for what may fail', () => {
  const arm = derivation('arm', [], { platform: 'aarch64-linux' })
  const red = jobOf(arm, attribute(['a'], 'arm'))
  assert.deepEqual([red.state().phase, red.state().status, red.broken()], ['Done', 'Failure', false])
  assert.equal(red.view().because, '0 of 1 built, 1 waiting. None for arm.')
  assert.equal(jobOf(arm, attribute(['a'], 'arm', 'MayFail')).state().status, 'Success')
  assert.equal(jobOf(arm, attribute(['a'], 'arm', 'MustFail')).state().status, 'Failure')
})

test('1.8.10 of a shell only the inputs are built and count', () => {
  const { graph, state } = jobOf(
    derivation('in'),
    derivation('shell', ['in']),
    attribute(['s'], 'shell', 'DependenciesOnly'),
  )
  assert.equal(graph.status(drv('shell')), 'NotPlanned')
  assert.equal(state().status, 'Pending')
  graph.failed(drv('in'), usual)
  assert.equal(state().status, 'Failure')
})

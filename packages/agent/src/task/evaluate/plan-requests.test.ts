import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type EvaluateEvent, eventsInBatchMax } from '@firn/contract/agent/evaluate-event'
import type { FoundOutput, Sought } from '../../caches/find-outputs.ts'
import { intoRequests, RequestPlanner } from './plan-requests.ts'

const drv = (name: string) => `/nix/store/${'0'.repeat(32)}-${name}.drv`
const out = (name: string) => `/nix/store/${'1'.repeat(32)}-${name}`

const info = (name: string, needs: string[] = []): EvaluateEvent => ({
  tag: 'DerivationInfo',
  contents: {
    derivationPath: drv(name),
    platform: 'x86_64-linux',
    requiredSystemFeatures: [],
    inputDerivations: Object.fromEntries(needs.map((need) => [drv(need), ['out']])),
    inputSources: [],
    outputs: { out: { path: out(name), isFixed: false } },
  },
})
const request = (name: string, forceRebuild = false): EvaluateEvent => ({
  tag: 'BuildRequest',
  contents: { derivationPath: drv(name), forceRebuild },
})
const attribute = (name: string, typ: 'Regular' | 'DependenciesOnly' = 'Regular'): EvaluateEvent => ({
  tag: 'Attribute',
  contents: { expressionPath: [name], derivationPath: drv(name), typ },
})
const effect = (name: string): EvaluateEvent => ({
  tag: 'AttributeEffect',
  contents: { expressionPath: [name], derivationPath: drv(name), secretsToUse: {} },
})

/** top needs middle and left; middle needs low. */
const graph = [info('low'), info('middle', ['low']), info('left'), info('top', ['middle', 'left'])]
const everything = [...graph, ...['low', 'middle', 'left', 'top'].map((name) => request(name))]

function planner(there: string[], known: string[] = []) {
  const questions: string[][] = []
  const pushed: string[][] = []
  const one = new RequestPlanner({
    find: async (sought: readonly Sought[]) => {
      questions.push(sought.map(({ drvPath }) => nameOf(drvPath)))
      const found = sought.flatMap(({ drvPath, outputs }): [string, FoundOutput[]][] => {
        const name = nameOf(drvPath)
        if (known.includes(name)) return [[drvPath, []]]
        const output = { deriver: drvPath, name: 'out', path: outputs.out ?? '', hash: 'sha256:x', size: 1 }
        return there.includes(name) ? [[drvPath, [{ storeURI: 'file:///c', output }]]] : []
      })
      return new Map(found)
    },
    push: async (drvPaths) => {
      pushed.push(drvPaths.map(nameOf))
      return { ok: true, caches: drvPaths.length > 0 ? ['ours'] : [] }
    },
  })
  const plan = async (batch: EvaluateEvent[]) => {
    const planned = await one.plan(batch)
    assert.ok(planned.ok)
    return planned.events.flatMap(brief)
  }
  return { plan, questions, pushed }
}

const nameOf = (path: string) => path.slice(44).replace(/\.drv$/, '')

function brief(event: EvaluateEvent): string[] {
  switch (event.tag) {
    case 'DerivationInfo':
      return []
    case 'BuildRequest':
      return [`build ${nameOf(event.contents.derivationPath)}${event.contents.forceRebuild ? '!' : ''}`]
    case 'SubstitutionQueryResult':
      return [`seen ${nameOf(event.contents.derivation)}`]
    case 'PushedAll':
      return [`pushed ${event.contents.cache}`]
    default:
      return [event.tag]
  }
}

test('1.14.3, 1.14.3c, 1.14.3d nothing is there: everything is asked for once, inputs first', async () => {
  const { plan, questions } = planner([])
  assert.deepEqual(await plan([...everything, attribute('top'), attribute('middle')]), [
    'pushed ours',
    'build low',
    'build middle',
    'build left',
    'build top',
    'Attribute',
    'Attribute',
  ])
  assert.deepEqual(questions, [
    ['top', 'middle'],
    ['left', 'low'],
  ])
  assert.deepEqual(await plan([attribute('left')]), ['Attribute'])
})

test('1.14.2, 1.14.4 what is there is said, and asked for by name only; what only it needs is not', async () => {
  const { plan, questions } = planner(['top', 'low'])
  assert.deepEqual(await plan([...everything, attribute('top')]), ['pushed ours', 'seen top', 'build top', 'Attribute'])
  assert.deepEqual(questions, [['top']])
  assert.deepEqual(await plan([attribute('middle')]), ['pushed ours', 'build middle', 'seen low', 'Attribute'])
})

test('1.14.3b of an attribute that wants its dependencies only, these are asked for, there or not', async () => {
  const { plan } = planner(['middle', 'top'])
  assert.deepEqual(await plan([...everything, attribute('top', 'DependenciesOnly')]), [
    'pushed ours',
    'seen middle',
    'build middle',
    'build left',
    'Attribute',
  ])
  const other = planner(['left'])
  assert.deepEqual(await other.plan([...everything, effect('top')]), [
    'pushed ours',
    'build low',
    'build middle',
    'seen left',
    'build left',
    'AttributeEffect',
  ])
})

test('what the server knows is not said again', async () => {
  const { plan } = planner([], ['middle'])
  assert.deepEqual(await plan([...everything, attribute('top')]), [
    'pushed ours',
    'build left',
    'build top',
    'Attribute',
  ])
})

test('1.13.4 a rebuild is passed on', async () => {
  const { plan } = planner(['top'])
  assert.deepEqual(await plan([...graph, request('top', true)]), ['build top!'])
})

test('1.14.1 the files of what attributes want go to the caches once', async () => {
  const { plan, pushed } = planner(['left'])
  await plan([...everything, attribute('top'), attribute('left')])
  await plan([attribute('middle')])
  assert.deepEqual(pushed, [['top', 'left'], []])
})

test('files that cannot be pushed are a sentence', async () => {
  const one = new RequestPlanner({
    find: async () => new Map(),
    push: async () => ({ ok: false, reason: 'could not be pushed to the cache ours: it is full' }),
  })
  assert.deepEqual(await one.plan([...everything, attribute('top')]), {
    ok: false,
    reason: 'the derivations could not be pushed to the cache ours: it is full',
  })
})

test('1.14.5 what is said of outputs travels with the wish that follows it', () => {
  const seen: EvaluateEvent = {
    tag: 'SubstitutionQueryResult',
    contents: { storeURI: 'x', derivation: drv('a'), outputName: 'out' },
  }
  const messages = Array.from({ length: eventsInBatchMax - 2 }, () => info('a'))
  const requests = intoRequests([...messages, seen, seen, request('a')])
  assert.deepEqual(
    requests.map((events) => events.length),
    [eventsInBatchMax - 2, 3],
  )
  const many = Array.from({ length: 2500 }, () => seen)
  assert.deepEqual(
    intoRequests(many).map((events) => events.length),
    [1000, 1000, 500],
  )
})

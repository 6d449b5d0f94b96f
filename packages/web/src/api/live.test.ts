import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { LiveEvent } from '@firn/contract/live'
import { QueryClient } from '@tanstack/react-query'
import { affects, readKey } from './affects.ts'
import { Invalidator } from './invalidate.ts'
import { listen, pauseBefore } from './live.ts'

const event = (part: Partial<LiveEvent>): LiveEvent => ({
  cursor: '1',
  kind: 'job',
  projectId: null,
  jobIds: [],
  derivations: [],
  ...part,
})

test('an announcement touches what it names and leaves the rest', () => {
  const overview = (id: string) => readKey([['firn', 'jobOverview'], { type: 'query', input: { id } }])
  const builds = event({ kind: 'builds', jobIds: ['j1'], derivations: ['/nix/store/x.drv'] })
  assert.ok(affects(builds, overview('j1')))
  assert.ok(!affects(builds, overview('j2')))
  assert.ok(affects(builds, readKey([['derivations', 'get'], { input: { id: 'a', drv: '/nix/store/x.drv' } }])))
  assert.ok(!affects(builds, readKey([['derivations', 'get'], { input: { id: 'a', drv: '/nix/store/y.drv' } }])))
  assert.ok(
    affects({ ...builds, derivations: [] }, readKey([['derivations', 'get'], { input: { id: 'a', drv: 'any' } }])),
  )
  assert.ok(affects(event({ kind: 'project', projectId: 'p' }), overview('j1')), 'its links to files')
  assert.ok(!affects(builds, readKey([['firn', 'whoami'], {}])))
  assert.deepEqual(readKey(['something', 'else']), { path: '', id: undefined, drv: undefined })
})

test('a lost connection is made again after the last event heard, with growing pauses', async () => {
  const cursors: (string | undefined)[] = []
  const heard: string[] = []
  const states: string[] = []
  const pauses: number[] = []
  const end = new AbortController()
  const tries: (() => AsyncIterable<LiveEvent>)[] = [
    async function* () {
      yield event({ cursor: '7' })
    },
    () => {
      throw new TypeError('refused')
    },
    () => {
      throw new TypeError('refused')
    },
    async function* () {
      yield event({ cursor: '8' })
      end.abort()
    },
  ]
  await listen(
    {
      subscribe: async (cursor) => {
        cursors.push(cursor)
        return tries[cursors.length - 1]?.() ?? assert.fail('one try too many')
      },
      onEvent: (it) => heard.push(it.cursor),
      onConnection: (state, reopened) => states.push(reopened ? `${state} again` : state),
      wait: async (ms) => void pauses.push(ms),
    },
    end.signal,
  )
  assert.deepEqual(cursors, [undefined, '7', '7', '7'])
  assert.deepEqual(heard, ['7', '8'])
  assert.deepEqual(states, ['open', 'lost', 'lost', 'lost', 'open again'])
  assert.deepEqual(pauses, [0, 1, 2].map(pauseBefore))
  assert.equal(pauseBefore(99), 15_000)
})

test('many announcements make few refetches, and none is lost while an answer is on its way', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] })
  let now = 0
  const pass = async (ms: number) => {
    now += ms
    t.mock.timers.tick(ms)
    await new Promise((resolve) => setImmediate(resolve))
  }
  const queries = new QueryClient()
  let asked = 0
  let answer = (_: number) => {}
  const key = [['firn', 'home'], { type: 'query' }]
  const first = queries.fetchQuery({ queryKey: key, queryFn: () => ++asked })
  await pass(0)
  await first
  const { QueryObserver } = await import('@tanstack/react-query')
  const queryFn = () => {
    asked++
    return new Promise<number>((resolve) => {
      answer = resolve
    })
  }
  const stop = new QueryObserver(queries, { queryKey: key, queryFn, staleTime: Number.POSITIVE_INFINITY }).subscribe(
    () => {},
  )
  using invalidator = new Invalidator(queries, () => now)
  for (let i = 0; i < 100; i++) invalidator.hear(event({}))
  await pass(0)
  assert.equal(asked, 2, 'a burst is one refetch')
  invalidator.hear(event({}))
  await pass(500)
  await pass(500)
  assert.equal(asked, 2, 'not while one is under way')
  answer(3)
  await pass(0)
  await pass(500)
  assert.equal(asked, 3, 'but afterwards')
  stop()
  queries.clear()
})

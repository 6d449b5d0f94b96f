import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Farm, type LoopFacts, limits, type WatchFacts, watch, watchLoops } from './watchdog.ts'

const agent = (more: Partial<Farm['agents'][number]> = {}): Farm['agents'][number] => ({
  id: 'a',
  hostname: 'build01',
  platforms: ['x86_64-linux'],
  features: [],
  slots: 4,
  free: 2,
  evaluations: 0,
  ahead: 0,
  refuses: null,
  quietMs: 3_600_000,
  ...more,
})
const lane = (more: Partial<Farm['lanes'][number]> = {}): Farm['lanes'][number] => ({
  kind: 'build',
  platform: 'x86_64-linux',
  features: [],
  urgency: 2,
  tasks: 12,
  waitedMs: 300_000,
  because: 'Waiting for agent: none for aarch64-linux is online.',
  ...more,
})
const facts = (more: Partial<WatchFacts> = {}): WatchFacts => ({
  farms: [],
  unbegun: [],
  silent: [],
  stuckJobs: [],
  mended: 0,
  endlessLogs: { logs: 0, forMs: 0 },
  ...more,
})
const farm = (agents: Farm['agents'], ...lanes: Farm['lanes']): Partial<WatchFacts> => ({
  farms: [{ accountId: 'x', agents, lanes }],
})
const begun = { agentId: 'a', hostname: 'build01', tasks: 3, forMs: 120_000 }

const cases: [what: string, facts: Partial<WatchFacts>, cause: RegExp | undefined][] = [
  [
    'a suitable agent has long had a free slot',
    farm([agent()], lane()),
    /^12 builds for x86_64-linux could run on agent build01.*5 min\.$/,
  ],
  ['the agent was just given something', farm([agent({ quietMs: 100 })], lane()), undefined],
  ['the task has not waited for long', farm([agent()], lane({ waitedMs: 1000 })), undefined],
  [
    'the only agent that could takes nothing new',
    farm([agent({ refuses: 'it is being stopped' })], lane({ because: 'Waiting: agent build01 takes no work.' })),
    /^12 builds for x86_64-linux: the oldest .* 5 min\. Waiting: agent build01 takes no work\.$/,
  ],
  [
    'of two agents the idle one takes nothing new',
    farm([agent({ refuses: 'it is being stopped' }), agent({ id: 'b', free: 0 })], lane()),
    undefined,
  ],
  ['all slots are busy', farm([agent({ free: 0 })], lane()), undefined],
  [
    'the last slot is kept from evaluations',
    farm([agent({ free: 1, evaluations: 3 })], lane({ kind: 'evaluate' })),
    undefined,
  ],
  [
    'no agent can do it',
    farm([agent()], lane({ platform: 'aarch64-linux' })),
    /^12 builds for aarch64-linux: the oldest .* 5 min\. Waiting for agent/,
  ],
  [
    'no agent can do it, since a moment',
    farm([agent()], lane({ platform: 'aarch64-linux', waitedMs: 60_000 })),
    undefined,
  ],
  [
    'a feature is missing',
    farm([agent()], lane({ features: ['kvm'], tasks: 1 })),
    /^1 build for x86_64-linux with kvm: /,
  ],
  ['nobody is online', farm([], lane({ kind: 'evaluate', tasks: 1 })), /^1 evaluation: /],
  ['given and not begun', { unbegun: [begun] }, /^Agent build01 was given 3 tasks 2 min ago and has not begun/],
  ['given a moment ago', { unbegun: [{ ...begun, forMs: 5000 }] }, undefined],
  [
    'a silent agent',
    { silent: [{ ...begun, lostAfterMs: 180_000 }] },
    /not been heard of for 2 min\. If it does not return within 1 min,/,
  ],
  [
    'a silent agent that nobody gives up',
    { silent: [{ ...begun, lostAfterMs: 60_000 }] },
    /should have been given to others/,
  ],
  ['an agent that is about to return', { silent: [{ ...begun, forMs: 40_000, lostAfterMs: 180_000 }] }, undefined],
  [
    'a job that nothing evaluates',
    { stuckJobs: [{ jobId: 'j', name: 'p #3', phase: 'evaluation', forMs: 300_000 }] },
    /^Job p #3 has not been evaluated, and for 5 min no task does it\.$/,
  ],
  [
    'a job whose end nobody told',
    { stuckJobs: [{ jobId: 'j', name: 'p #3', phase: 'builds', forMs: 300_000 }] },
    /^Job p #3 is not done, though its evaluation ended 5 min ago/,
  ],
  ['a job that has just ended', { stuckJobs: [{ jobId: 'j', name: 'p #3', phase: 'builds', forMs: 3000 }] }, undefined],
  ['a forgotten derivation', { mended: 1 }, /^1 derivation waited in the last hour .* was set going/],
  ['logs without an end', { endlessLogs: { logs: 2, forMs: 7_200_000 } }, /^2 logs have no end, .* 2 h ago/],
]

for (const [what, given, cause] of cases)
  test(`${what}: ${cause === undefined ? 'nothing to tell' : 'an alert'}`, () => {
    const alerts = watch(facts(given))
    assert.equal(alerts.length, cause === undefined ? 0 : 1, JSON.stringify(alerts))
    if (cause !== undefined) assert.match(alerts[0]?.cause ?? '', cause)
  })

test('each alert says what to do, and its key stays while its figures change', () => {
  const all = (waitedMs: number) =>
    watch(
      facts({
        ...farm([agent()], lane({ waitedMs }), lane({ platform: 'riscv64-linux', waitedMs })),
        unbegun: [begun],
      }),
    )
  const [now, later] = [all(200_000), all(900_000)]
  for (const alert of now) assert.match(alert.action, /^[A-Z][^\n]*\.$/)
  assert.equal(new Set(now.map((alert) => alert.key)).size, 3)
  assert.deepEqual(
    now.map((alert) => alert.key),
    later.map((alert) => alert.key),
  )
})

const turning: LoopFacts = { dispatchMs: 2000, watchdogMs: 5000, followers: [{ name: 'jobs', behindMs: 300 }] }

test('5.2 what turns is no alert; what does not, or is behind, is', () => {
  assert.deepEqual(watchLoops(turning), [])
  const kinds = (more: Partial<LoopFacts>) => watchLoops({ ...turning, ...more }).map((alert) => alert.kind)
  assert.deepEqual(kinds({ dispatchMs: limits.loopMs + 1 }), ['dispatch-still'])
  assert.deepEqual(kinds({ dispatchMs: null }), ['dispatch-still'])
  assert.deepEqual(kinds({ watchdogMs: 60_000 }), ['watchdog-still'])
  assert.deepEqual(kinds({ followers: [{ name: 'jobs', behindMs: limits.newsMs + 1 }] }), ['news-behind'])
})

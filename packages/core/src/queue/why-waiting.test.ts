import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { agents, requirement } from '../testing/farms.ts'
import { type AgentSlots, match } from './match.ts'
import type { Requirement } from './suits.ts'
import { type QueueFacts, whyWaiting } from './why-waiting.ts'

const agent = (more: Partial<AgentSlots> = {}): AgentSlots => ({
  id: 'a',
  hostname: 'rye',
  platforms: ['x86_64-linux'],
  features: ['kvm'],
  slots: 4,
  free: 2,
  evaluations: 0,
  ahead: 0,
  refuses: null,
  ...more,
})
const build = (platform: string, features: string[] = []): Requirement => ({ kind: 'build', platform, features })
const evaluation: Requirement = { kind: 'evaluate', platform: '', features: [] }
const mac = agent({ platforms: ['aarch64-darwin'], features: [] })
const full = agent({ free: 0 })

const sentences: [what: string, task: Requirement, agents: AgentSlots[], sentence: string][] = [
  [
    '2.4.3 no agent',
    build('x86_64-linux'),
    [],
    'Waiting for agent: none is online. Start one, or add one on the agents page.',
  ],
  ['4.13.1 no platform', build('aarch64-linux'), [agent()], 'Waiting for agent: none for aarch64-linux is online.'],
  [
    '4.13.1 no feature',
    build('x86_64-linux', ['kvm', 'nixos-test']),
    [agent()],
    'Waiting for agent: none for x86_64-linux offers feature nixos-test.',
  ],
  [
    '4.13.1 what the best agent lacks is named',
    build('x86_64-linux', ['kvm', 'nixos-test', 'moon']),
    [agent({ features: [] }), agent({ features: ['moon'] })],
    'Waiting for agent: none for x86_64-linux offers feature kvm and feature nixos-test.',
  ],
  [
    '4.13.2 no Linux agent',
    evaluation,
    [mac],
    'Waiting for agent: evaluation needs a Linux agent, and none is online.',
  ],
  [
    '4.12.1 one agent, and it is busy',
    build('x86_64-linux'),
    [full, mac],
    'Waiting for a slot: 4 of 4 slots of agent rye are busy.',
  ],
  [
    '4.12.1 all are busy',
    build('x86_64-linux'),
    [full, full],
    'Waiting for a slot: all 8 slots of 2 suitable agents are busy.',
  ],
  [
    '4.13.4 the last slot is kept',
    evaluation,
    [agent({ free: 1, evaluations: 3 })],
    'Waiting for another evaluation to end: the last slot is kept for builds that evaluations need.',
  ],
  [
    '4.13.4 one agent is busy and the other keeps its last slot',
    evaluation,
    [agent({ slots: 1, free: 0, evaluations: 1 }), agent({ free: 1, evaluations: 3 })],
    'Waiting for another evaluation to end: the last slot is kept for builds that evaluations need.',
  ],
  ['nothing in its way', build('x86_64-linux'), [full, agent()], 'About to start.'],
]

for (const [what, task, farm, sentence] of sentences)
  test(`${what}: ${sentence}`, () => assert.equal(whyWaiting(task, farm), sentence))

const pi = { hostname: 'pi', agoMs: 3 * 3_600_000 + 5, isRevoked: false }
const fuller: [task: Requirement, agents: AgentSlots[], facts: QueueFacts, sentence: string][] = [
  [build('x86_64-linux'), [full], { ahead: 0 }, 'Next: 4 of 4 slots of agent rye are busy.'],
  [build('x86_64-linux'), [full], { ahead: 12 }, 'Behind 12 tasks: 4 of 4 slots of agent rye are busy.'],
  [build('x86_64-linux'), [full, full], { ahead: 1 }, 'Behind 1 task: all 8 slots of 2 suitable agents are busy.'],
  [build('x86_64-linux'), [full], { ahead: 1000 }, 'Behind 1000 or more tasks: 4 of 4 slots of agent rye are busy.'],
  [
    build('aarch64-linux'),
    [full],
    { lastSeen: pi },
    'Waiting for agent: none for aarch64-linux is online; pi was last seen 3 h ago.',
  ],
  [
    build('x86_64-linux'),
    [],
    { lastSeen: pi },
    'Waiting for agent: none is online; pi was last seen 3 h ago. Start one, or add one on the agents page.',
  ],
  [
    build('x86_64-linux'),
    [],
    { lastSeen: { ...pi, isRevoked: true } },
    'Waiting for agent: none is online; the session of pi was revoked 3 h ago. Start one, or add one on the agents page.',
  ],
  [build('x86_64-linux'), [agent()], { ahead: 1 }, 'About to start.'],
  [build('x86_64-linux'), [agent()], { ahead: 2 }, 'Behind 2 tasks: there is room for 2 now.'],
  [build('x86_64-linux'), [agent()], { equals: 2 }, 'About to start.'],
  [build('x86_64-linux'), [agent()], { equals: 3 }, 'Waiting for a slot: there is room for 2 now.'],
  [build('x86_64-linux'), [agent()], { ahead: 0, pausedMs: 7001 }, 'Waits 8 s before it is tried again.'],
  [evaluation, [agent({ evaluations: 2, free: 2 })], { equals: 2 }, 'Waiting for a slot: there is room for 1 now.'],
  [
    evaluation,
    [mac],
    { lastSeen: pi },
    'Waiting for agent: evaluation needs a Linux agent, and none is online; pi was last seen 3 h ago.',
  ],
  [
    build('x86_64-linux'),
    [agent({ refuses: '300 MB free on /nix, needs 1024 MB' }), mac],
    {},
    'Waiting: agent rye takes no work (300 MB free on /nix, needs 1024 MB).',
  ],
  [
    build('x86_64-linux'),
    [agent({ refuses: 'it is being stopped' }), agent({ refuses: 'it is being stopped' })],
    {},
    'Waiting: agent rye takes no work (it is being stopped), nor does the other suitable one.',
  ],
  [
    build('x86_64-linux'),
    [agent({ refuses: 'it is being stopped' }), full],
    {},
    'Waiting for a slot: 4 of 4 slots of agent rye are busy.',
  ],
]
for (const [task, farm, facts, sentence] of fuller)
  test(`4.13 ${sentence}`, () => assert.equal(whyWaiting(task, farm, facts), sentence))

test('it is about to start exactly when it would be given to an agent now', () => {
  fc.assert(
    fc.property(requirement, agents, (task, farm) => {
      const isPlaced = match([{ id: 'it', ...task }], farm).length === 1
      assert.equal(whyWaiting(task, farm) === 'About to start.', isPlaced)
    }),
    { numRuns: 2000 },
  )
})

test('every answer is a sentence', () => {
  fc.assert(fc.property(requirement, agents, (task, farm) => assert.match(whyWaiting(task, farm), /^[A-Z][^\n]*\.$/)))
})

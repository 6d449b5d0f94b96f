import assert from 'node:assert/strict'
import { test } from 'node:test'
import { countAhead, countBefore, type Line } from './count-ahead.ts'
import { type AgentSlots, urgency } from './match.ts'

const agent = (more: Partial<AgentSlots> = {}): AgentSlots => ({
  id: 'a',
  hostname: 'rye',
  platforms: ['x86_64-linux', 'i686-linux'],
  features: [],
  slots: 1,
  free: 0,
  evaluations: 0,
  ahead: 0,
  refuses: null,
  ...more,
})
const line = (kind: Line['kind'], tasks: number, more: Partial<Line> = {}): Line => ({
  kind,
  platform: 'x86_64-linux',
  features: [],
  urgency: urgency.ordinary,
  projectId: 'bakery',
  tasks,
  paused: 0,
  ...more,
})
const build = line('build', 6)
const evaluation = line('evaluate', 31)
const bumped = { urgency: urgency.bumped }
const other = { projectId: 'dairy' }
const i686 = { platform: 'i686-linux' }
const arm = { platform: 'aarch64-linux' }

const counts: [what: string, of: Line, own: number, lines: Line[], ahead: number, agents?: AgentSlots[]][] = [
  ['nothing but itself', build, 0, [build], 0],
  ['its own line as far as it is before it', build, 4, [build], 4],
  ['evaluations before builds', build, 4, [build, evaluation], 35],
  ['no builds before evaluations', evaluation, 3, [build, evaluation], 3],
  ['what evaluations wait for, and effects', evaluation, 0, [line('build', 2, { urgency: 1 }), line('effect', 3)], 5],
  ['what a person put first, evaluations before builds', line('build', 1, bumped), 0, [line('evaluate', 2, bumped)], 2],
  ['and no builds before evaluations of these', line('evaluate', 1, bumped), 0, [line('build', 2, bumped)], 0],
  ['another project as often as its own', build, 4, [build, line('build', 9, other)], 8],
  [
    'another project no more than it has',
    build,
    4,
    [build, line('build', 1, other), line('build', 1, { ...other, ...i686 })],
    6,
  ],
  ['its own project on another platform of the same agent', build, 2, [build, line('build', 9, i686)], 4],
  [
    'nothing that only other agents can do',
    build,
    2,
    [build, line('build', 9, { ...arm, ...bumped })],
    2,
    [agent(), agent({ id: 'b', platforms: ['aarch64-linux'] })],
  ],
  [
    'as many evaluations as may run beside builds',
    build,
    0,
    [build, evaluation],
    2,
    [agent({ slots: 4, evaluations: 1 })],
  ],
  ['none of them where all these run', build, 0, [build, evaluation], 0, [agent({ slots: 2, evaluations: 1 })]],
]
for (const [what, of, own, lines, ahead, agents = [agent()]] of counts)
  test(`4.13.7 is behind ${what}`, () => assert.equal(countAhead(of, own, lines, agents), ahead))

test('of all tasks of a line is told what comes before any of them, and how many are equals', () => {
  const lines = [build, evaluation, line('build', 3, other), line('build', 2, bumped)]
  assert.deepEqual(countBefore(build, lines, [agent()]), { ahead: 33, equals: 9 })
})

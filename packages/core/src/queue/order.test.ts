import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { queuedTasks } from '../testing/farms.ts'
import { urgency } from './match.ts'
import { inOrder, type QueuedTask, type Share } from './order.ts'

const task = (id: string, more: Partial<QueuedTask> = {}): QueuedTask => ({
  id,
  kind: 'build',
  platform: 'x86_64-linux',
  features: [],
  urgency: urgency.ordinary,
  projectId: 'bakery',
  rank: 0,
  queuedAt: 0,
  ...more,
})
const ids = (tasks: QueuedTask[]) => tasks.map(({ id }) => id)
const nobody = new Map<string, Share>()

test('4.13.7 what a person asked for, what evaluations wait for, effects, evaluations, builds', () => {
  const tasks = [
    task('build', { rank: 100 }),
    task('evaluation', { kind: 'evaluate', platform: '' }),
    task('effect', { kind: 'effect' }),
    task('imported', { urgency: urgency.imported }),
    task('bumped', { urgency: urgency.bumped }),
    task('bumped evaluation', { kind: 'evaluate', platform: '', urgency: urgency.bumped }),
  ]
  assert.deepEqual(ids(inOrder(tasks, nobody)), [
    'bumped evaluation',
    'bumped',
    'imported',
    'effect',
    'evaluation',
    'build',
  ])
})

test('the longest chain comes first, then age', () => {
  const tasks = [
    task('young', { rank: 5, queuedAt: 9 }),
    task('short', { rank: 1, queuedAt: 1 }),
    task('old', { rank: 5, queuedAt: 2 }),
    task('long', { rank: 60, queuedAt: 9 }),
  ]
  assert.deepEqual(ids(inOrder(tasks, nobody)), ['long', 'old', 'young', 'short'])
})

test('projects take turns: a busy one does not starve another, whatever the lengths of its chains', () => {
  const busy = Array.from({ length: 6 }, (_, i) => task(`busy ${i}`, { rank: 1000, queuedAt: i }))
  const tasks = [...busy, ...['a', 'b'].map((id) => task(id, { projectId: 'mill', queuedAt: 100 }))]
  const shares = new Map([['bakery', { running: 1, seconds: 0 }]])
  assert.deepEqual(ids(inOrder(tasks, shares)).slice(0, 4), ['a', 'busy 0', 'b', 'busy 1'])
})

test('where nothing runs, who has had least lately comes first', () => {
  const tasks = [task('bread'), task('flour', { projectId: 'mill', queuedAt: 9 })]
  const had = (bakery: number, mill: number) =>
    new Map([
      ['bakery', { running: 0, seconds: bakery }],
      ['mill', { running: 0, seconds: mill }],
    ])
  assert.deepEqual(ids(inOrder(tasks, had(60, 5))), ['flour', 'bread'])
  assert.deepEqual(ids(inOrder(tasks, had(5, 60))), ['bread', 'flour'])
})

test('all come, each once, and of one project and kind none before one that is more urgent or has a longer chain', () => {
  fc.assert(
    fc.property(queuedTasks, (tasks) => {
      const ordered = inOrder(tasks, nobody)
      assert.deepEqual(ids(ordered).sort(), ids(tasks).sort())
      for (const [i, first] of ordered.entries())
        for (const second of ordered.slice(i + 1)) {
          if (first.kind !== second.kind || first.projectId !== second.projectId) continue
          assert.ok(first.urgency <= second.urgency)
          if (first.urgency === second.urgency) assert.ok(first.rank >= second.rank)
        }
    }),
  )
})

test('at every point no project has got two more than another that still waits, from an equal start', () => {
  fc.assert(
    fc.property(queuedTasks, (all) => {
      const tasks = all.map((each) => ({ ...each, kind: 'build' as const, urgency: urgency.ordinary }))
      const got = new Map<string, number>()
      const ordered = inOrder(tasks, nobody)
      for (const [i, { projectId }] of ordered.entries()) {
        got.set(projectId, (got.get(projectId) ?? 0) + 1)
        for (const waiting of new Set(ordered.slice(i + 1).map((each) => each.projectId)))
          assert.ok((got.get(projectId) ?? 0) - (got.get(waiting) ?? 0) <= 1)
      }
    }),
  )
})

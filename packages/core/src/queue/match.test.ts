import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { agents, tasks } from '../testing/farms.ts'
import { type AgentSlots, type Assignment, match, urgency, type WaitingTask } from './match.ts'
import { suits } from './suits.ts'

const agent = (id: string, more: Partial<AgentSlots> = {}): AgentSlots => ({
  id,
  hostname: id,
  platforms: ['x86_64-linux'],
  features: [],
  slots: 4,
  free: 4,
  evaluations: 0,
  ahead: 0,
  refuses: null,
  ...more,
})
const task = (kind: WaitingTask['kind'], id: string, more: Partial<WaitingTask> = {}): WaitingTask => ({
  id,
  kind,
  platform: 'x86_64-linux',
  features: [],
  urgency: urgency.ordinary,
  ...more,
})
const several = (kind: WaitingTask['kind'], n: number) =>
  Array.from({ length: n }, (_, i) => task(kind, `${kind} ${i}`))

const given = (assignments: Assignment[], agentId: string) =>
  assignments.filter((each) => each.agentId === agentId).map((each) => each.taskId)

function always(holds: (all: { farm: AgentSlots[]; queue: WaitingTask[]; assignments: Assignment[] }) => void): void {
  fc.assert(
    fc.property(agents, tasks, (farm, queue) => holds({ farm, queue, assignments: match(queue, farm) })),
    { numRuns: 500 },
  )
}

test('4.12.1 an agent never gets more than its free slots and what it would keep besides, and a task goes to one agent at most', () =>
  always(({ farm, queue, assignments }) => {
    const urgent = new Set(queue.filter((each) => each.urgency < urgency.ordinary).map((each) => each.id))
    for (const { id, free, ahead } of farm) {
      const own = given(assignments, id)
      const room = free + ahead
      assert.ok(own.length <= room || (own.length === room + 1 && urgent.has(own.at(-1) ?? '')))
    }
    assert.equal(new Set(assignments.map((each) => each.taskId)).size, assignments.length)
  }))

test('4.13.1 4.13.2 4.13.3 an agent never gets a task that does not suit it', () =>
  always(({ farm, queue, assignments }) => {
    for (const { taskId, agentId } of assignments) {
      const to = farm.find((each) => each.id === agentId)
      const what = queue.find((each) => each.id === taskId)
      assert.ok(to !== undefined && what !== undefined && suits(what, to, farm))
    }
  }))

test('4.13.4 one slot of an agent that has several is never given to an evaluation', () =>
  always(({ farm, queue, assignments }) => {
    const evaluations = new Set(queue.filter((each) => each.kind === 'evaluate').map((each) => each.id))
    for (const { id, slots, evaluations: before } of farm) {
      const fresh = given(assignments, id).filter((taskId) => evaluations.has(taskId)).length
      assert.ok(fresh === 0 || slots === 1 || before + fresh < slots)
    }
  }))

test('what is left could not have been given to anybody', () =>
  always(({ farm, queue, assignments }) => {
    const placed = new Set(assignments.map((each) => each.taskId))
    const after = farm.map((each) => {
      const own = given(assignments, each.id)
      const fresh = own.filter((id) => queue.find((one) => one.id === id)?.kind === 'evaluate').length
      const kept = Math.min(each.ahead, Math.max(0, own.length - each.free))
      return {
        ...each,
        free: each.free - (own.length - kept),
        ahead: each.ahead - kept,
        evaluations: each.evaluations + fresh,
      }
    })
    for (const left of queue.filter((each) => !placed.has(each.id))) assert.deepEqual(match([left], after), [])
  }))

test('the order of the queue is kept: a task is left only if it were left without those behind it', () =>
  always(({ farm, queue, assignments }) => {
    const half = queue.slice(0, Math.ceil(queue.length / 2))
    assert.deepEqual(match(half, farm), assignments.slice(0, match(half, farm).length))
  }))

test('agents and tasks are left as they were', () =>
  always(({ farm, queue }) => {
    const before = structuredClone({ farm, queue })
    match(queue, farm)
    assert.deepEqual({ farm, queue }, before)
  }))

test('work spreads evenly over equal agents', () => {
  const farm = [agent('a'), agent('b'), agent('c')]
  const assignments = match(several('build', 7), farm)
  assert.deepEqual(
    farm.map(({ id }) => given(assignments, id).length),
    [3, 2, 2],
  )
})

test('a task goes where the share of free slots is largest', () => {
  const farm = [agent('half', { slots: 8, free: 4 }), agent('most', { slots: 4, free: 3 })]
  assert.deepEqual(match([task('build', 't')], farm), [{ taskId: 't', agentId: 'most' }])
})

test('4.13.4 an agent with one slot takes evaluations all the same', () => {
  const only = agent('only', { slots: 1, free: 1 })
  assert.equal(match(several('evaluate', 2), [only]).length, 1)
  assert.equal(match(several('evaluate', 2), [{ ...only, ahead: 4 }]).length, 1)
})

test('4.13.4 the kept slot is for builds', () => {
  const only = agent('only', { slots: 3, free: 3 })
  const queue = [...several('evaluate', 3), task('build', 'b')]
  assert.deepEqual(given(match(queue, [only]), 'only'), ['evaluate 0', 'evaluate 1', 'b'])
})

test('a task that nobody can do holds nobody up', () => {
  const queue = [task('build', 'kvm', { features: ['kvm'] }), task('build', 'plain')]
  assert.deepEqual(given(match(queue, [agent('a', { free: 1 })]), 'a'), ['plain'])
})

test('4.13.4 an agent whose only slot evaluates takes one build that the evaluation waits for, and no other', () => {
  const only = agent('only', { slots: 1, free: 0, evaluations: 1 })
  const [first, second] = several('build', 2).map((each) => ({ ...each, urgency: urgency.imported }))
  assert.ok(first && second)
  assert.deepEqual(given(match([task('build', 'other'), first, second], [only]), 'only'), ['build 0'])
})

test('a task goes to the agent that has most of its inputs, and without a free slot there to another', () => {
  const inputsAt = new Map([
    ['some', 10],
    ['most', 1000],
  ])
  const farm = [agent('none'), agent('some', { free: 2 }), agent('most', { free: 1 })]
  const queue = several('build', 4).map((each) => ({ ...each, inputsAt }))
  assert.deepEqual(
    match(queue, farm).map((each) => each.agentId),
    ['most', 'some', 'some', 'none'],
  )
})

test('a free slot anywhere comes before what a busy agent would keep', () => {
  const inputsAt = new Map([['busy', 1000]])
  const farm = [agent('busy', { free: 0, ahead: 2 }), agent('idle', { free: 1 })]
  const queue = several('build', 4).map((each) => ({ ...each, inputsAt }))
  assert.deepEqual(
    match(queue, farm).map((each) => each.agentId),
    ['idle', 'busy', 'busy'],
  )
})

test('what busy agents keep is spread over them', () => {
  const farm = [agent('a', { free: 0, ahead: 3 }), agent('b', { free: 0, ahead: 3 })]
  const assignments = match(several('build', 4), farm)
  assert.deepEqual(
    farm.map(({ id }) => given(assignments, id).length),
    [2, 2],
  )
})

test('an agent that refuses gets nothing', () => {
  const farm = [agent('tired', { refuses: 'is short of memory' }), agent('well', { free: 1 })]
  assert.deepEqual(match(several('build', 3), farm), [{ taskId: 'build 0', agentId: 'well' }])
})

test('without agents, and without tasks, there is nothing to give', () => {
  assert.deepEqual(match(several('build', 2), []), [])
  assert.deepEqual(match([], [agent('a')]), [])
})

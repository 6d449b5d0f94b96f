/** Arbitrary agents and tasks, for properties of the queue. */
import fc from 'fast-check'
import { type AgentSlots, urgency, type WaitingTask } from '../queue/match.ts'
import type { QueuedTask } from '../queue/order.ts'

const platforms = ['x86_64-linux', 'aarch64-linux', 'aarch64-darwin']
const features = ['kvm', 'big-parallel']

const agent: fc.Arbitrary<Omit<AgentSlots, 'id' | 'hostname'>> = fc
  .record({
    platforms: fc.subarray(platforms),
    features: fc.subarray(features),
    slots: fc.integer({ min: 1, max: 5 }),
    used: fc.integer({ min: 0, max: 5 }),
    evaluating: fc.integer({ min: 0, max: 5 }),
    ahead: fc.integer({ min: 0, max: 3 }),
    refuses: fc.option(fc.constant('is short of memory'), { freq: 5 }),
  })
  .map(({ used, evaluating, ...rest }) => {
    const busy = Math.min(used, rest.slots)
    return { ...rest, free: rest.slots - busy, evaluations: Math.min(evaluating, busy) }
  })

export const agents: fc.Arbitrary<AgentSlots[]> = fc
  .array(agent, { maxLength: 5 })
  .map((list) => list.map((each, i) => ({ id: `agent ${i}`, hostname: `agent ${i}`, ...each })))

export const requirement = fc.record({
  kind: fc.constantFrom('evaluate', 'build', 'effect'),
  platform: fc.constantFrom(...platforms, 'builtin'),
  features: fc.subarray(features),
  urgency: fc.constantFrom(...Object.values(urgency)),
})

export const tasks: fc.Arbitrary<WaitingTask[]> = fc
  .array(requirement, { maxLength: 30 })
  .map((list) => list.map((each, i) => ({ id: `task ${i}`, ...each })))

export const queuedTasks: fc.Arbitrary<QueuedTask[]> = fc
  .array(
    fc.tuple(
      requirement,
      fc.record({
        projectId: fc.constantFrom('bakery', 'mill', 'oven'),
        rank: fc.integer({ min: 0, max: 3 }),
        queuedAt: fc.integer({ min: 0, max: 5 }),
      }),
    ),
    { maxLength: 30 },
  )
  .map((list) => list.map(([what, more], i) => ({ id: `task ${i}`, ...what, ...more })))

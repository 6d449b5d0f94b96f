/** Arbitrary agents and tasks, for properties of the queue. */
import fc from 'fast-check'
import type { AgentSlots, WaitingTask } from '../queue/match.ts'

const platforms = ['x86_64-linux', 'aarch64-linux', 'aarch64-darwin']
const features = ['kvm', 'big-parallel']

const agent: fc.Arbitrary<Omit<AgentSlots, 'id'>> = fc
  .record({
    platforms: fc.subarray(platforms),
    features: fc.subarray(features),
    slots: fc.integer({ min: 1, max: 5 }),
    used: fc.integer({ min: 0, max: 5 }),
    evaluating: fc.integer({ min: 0, max: 5 }),
  })
  .map(({ used, evaluating, ...rest }) => {
    const busy = Math.min(used, rest.slots)
    return { ...rest, free: rest.slots - busy, evaluations: Math.min(evaluating, busy) }
  })

export const agents: fc.Arbitrary<AgentSlots[]> = fc
  .array(agent, { maxLength: 5 })
  .map((list) => list.map((each, i) => ({ id: `agent ${i}`, ...each })))

export const requirement = fc.record({
  kind: fc.constantFrom('evaluate', 'build', 'effect'),
  platform: fc.constantFrom(...platforms, 'builtin'),
  features: fc.subarray(features),
})

export const tasks: fc.Arbitrary<WaitingTask[]> = fc
  .array(requirement, { maxLength: 30 })
  .map((list) => list.map((each, i) => ({ id: `task ${i}`, ...each })))

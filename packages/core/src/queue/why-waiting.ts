import { type AgentSlots, leavesRoom } from './match.ts'
import { type Requirement, suits } from './suits.ts'

/** Why a task has no agent yet, in one sentence; made of the same rules that did not place it. */
export function whyWaiting(task: Requirement, agents: readonly AgentSlots[]): string {
  if (agents.length === 0) return 'Waiting for agent: none is online. Start one, or add one on the agents page.'
  const able = agents.filter((agent) => suits(task, agent, agents))
  if (able.length === 0) return noneSuits(task, agents)
  const free = able.filter((agent) => agent.free > 0)
  const slots = able.reduce((sum, agent) => sum + agent.slots, 0)
  if (free.length === 0) return `Waiting for a slot: all ${slots} of ${named(able.length)} are busy.`
  if (!free.some((agent) => leavesRoom(task, agent)))
    return 'Waiting for another evaluation to end: the last slot is kept for builds that evaluations need.'
  return 'About to start.'
}

function noneSuits(task: Requirement, agents: readonly AgentSlots[]): string {
  if (task.kind === 'evaluate') return 'Waiting for agent: evaluation needs a Linux agent, and none is online.'
  const ofPlatform = agents.filter((agent) => suits({ ...task, features: [] }, agent, agents))
  if (ofPlatform.length === 0) return `Waiting for agent: none for ${task.platform} is online.`
  return `Waiting for agent: none for ${task.platform} offers ${list(missing(task, ofPlatform))}.`
}

/** The features that the best of the agents lacks. */
function missing(task: Requirement, agents: readonly AgentSlots[]): string[] {
  const lacks = agents.map((agent) => task.features.filter((feature) => !agent.features.includes(feature)))
  return lacks.reduce((best, next) => (next.length < best.length ? next : best))
}

const named = (count: number) => (count === 1 ? 'the one suitable agent' : `${count} suitable agents`)
const list = (words: readonly string[]) => words.map((word) => `feature ${word}`).join(' and ')

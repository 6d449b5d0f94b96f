import { wordSeconds } from '../status/time-words.ts'
import { aheadMax } from './count-ahead.ts'
import { type AgentSlots, evaluationsLeft, hasRoom, leavesRoom, roomOf, urgency, type WaitingTask } from './match.ts'
import { type Requirement, suits } from './suits.ts'

/** What more is known of a task that waits, for a fuller sentence. */
export type QueueFacts = {
  /** Tasks that are placed before it. */
  ahead?: number | undefined
  /** Tasks that are as near as it, itself among them, where the sentence is about all of these. */
  equals?: number | undefined
  /** It was broken, and is not tried again for so long. */
  pausedMs?: number | undefined
  /** The agent that could do it and was heard of last, where none that can is online; `agoMs` since its session was revoked, if it was. */
  lastSeen?: { hostname: string; agoMs: number; isRevoked: boolean } | undefined
}

type Asked = Requirement & Partial<Pick<WaitingTask, 'urgency'>>

/** Why a task has no agent yet, in one sentence; made of the same rules that did not place it. */
export function whyWaiting(task: Asked, agents: readonly AgentSlots[], facts: QueueFacts = {}): string {
  const asked = { ...task, urgency: task.urgency ?? urgency.ordinary }
  const { ahead = 0, equals = 1, pausedMs = 0 } = facts
  if (pausedMs > 0) return `Waits ${wordSeconds(pausedMs + 999)} before it is tried again.`
  if (agents.length === 0)
    return `Waiting for agent: none is online${seen(facts)}. Start one, or add one on the agents page.`
  const able = agents.filter((agent) => suits(asked, agent, agents))
  if (able.length === 0) return noneSuits(asked, agents, facts)
  const room = able.filter((agent) => hasRoom(asked, agent)).reduce((sum, agent) => sum + roomFor(asked, agent), 0)
  if (room > 0) return ahead + equals <= room ? 'About to start.' : `${place(facts)}there is room for ${room} now.`
  const willing = able.filter((agent) => agent.refuses === null)
  if (willing.length === 0) return refused(able)
  if (willing.some((agent) => agent.free > 0 && !leavesRoom(asked, agent)))
    return 'Waiting for another evaluation to end: the last slot is kept for builds that evaluations need.'
  return `${place(facts)}${busy(willing)}.`
}

function noneSuits(task: Requirement, agents: readonly AgentSlots[], facts: QueueFacts): string {
  if (task.kind === 'evaluate')
    return `Waiting for agent: evaluation needs a Linux agent, and none is online${seen(facts)}.`
  const ofPlatform = agents.filter((agent) => suits({ ...task, features: [] }, agent, agents))
  if (ofPlatform.length === 0) return `Waiting for agent: none for ${task.platform} is online${seen(facts)}.`
  return `Waiting for agent: none for ${task.platform} offers ${list(missing(task, ofPlatform))}.`
}

function seen({ lastSeen }: QueueFacts): string {
  if (lastSeen === undefined) return ''
  const ago = `${wordSeconds(lastSeen.agoMs)} ago`
  return lastSeen.isRevoked
    ? `; the session of ${lastSeen.hostname} was revoked ${ago}`
    : `; ${lastSeen.hostname} was last seen ${ago}`
}

/** An agent that has room takes one at least (`hasRoom`). */
function roomFor(task: Requirement, agent: AgentSlots): number {
  const room = Math.max(1, roomOf(agent))
  return task.kind === 'evaluate' ? Math.min(room, evaluationsLeft(agent)) : room
}

function refused(able: readonly AgentSlots[]): string {
  const [first] = able
  const others =
    able.length > 1
      ? `, nor ${able.length === 2 ? 'does the other suitable one' : `do ${able.length - 1} more suitable ones`}`
      : ''
  return `Waiting: agent ${first?.hostname} takes no work (${first?.refuses})${others}.`
}

function place({ ahead }: QueueFacts): string {
  if (ahead === undefined) return 'Waiting for a slot: '
  if (ahead === 0) return 'Next: '
  return `Behind ${ahead >= aheadMax ? `${aheadMax} or more` : ahead} ${ahead === 1 ? 'task' : 'tasks'}: `
}

function busy(able: readonly AgentSlots[]): string {
  const slots = able.reduce((sum, agent) => sum + agent.slots, 0)
  const [only] = able
  if (able.length === 1 && only !== undefined) return `${slots} of ${slots} slots of agent ${only.hostname} are busy`
  return `all ${slots} slots of ${able.length} suitable agents are busy`
}

/** The features that the best of the agents lacks. */
function missing(task: Requirement, agents: readonly AgentSlots[]): string[] {
  const lacks = agents.map((agent) => task.features.filter((feature) => !agent.features.includes(feature)))
  return lacks.reduce((best, next) => (next.length < best.length ? next : best))
}

const list = (words: readonly string[]) => words.map((word) => `feature ${word}`).join(' and ')

import { type Requirement, suits } from './suits.ts'

/** What comes first: what a person asked for, what a running evaluation waits for, everything else. */
export const urgency = { bumped: 0, imported: 1, ordinary: 2 } as const
export type Urgency = (typeof urgency)[keyof typeof urgency]

/** A task that waits for an agent; lists of them are in the order in which they should be placed (`order.ts`). */
export type WaitingTask = Requirement & {
  id: string
  urgency: Urgency
  /** Agents that have some of its inputs already, with how much of them, in bytes. */
  inputsAt?: ReadonlyMap<string, number>
}

/**
 * An agent that is online. `free` counts slots, below 0 where it has more tasks than slots; `evaluations` those that evaluate now;
 * `ahead` is how many tasks more it would keep, to begin each as soon as one before it ends.
 */
export type AgentSlots = {
  id: string
  hostname: string
  platforms: readonly string[]
  features: readonly string[]
  slots: number
  free: number
  ahead: number
  evaluations: number
  /** Why it takes nothing new (`core/agent/takes-work.ts`); null while it does. */
  refuses: string | null
}

export type Assignment = { taskId: string; agentId: string }

/**
 * Which task goes to which agent now (hercules-ci.md 4.13). Each task goes to the suitable agent that has most of its inputs,
 * else to the one with the largest share of free slots, so that work spreads; of the slots of an agent that has more
 * than one, one is never given to an evaluation, since builds that evaluations wait for need it (4.13.4). Only what finds no
 * free slot anywhere is kept by a busy agent.
 */
export function match(tasks: readonly WaitingTask[], agents: readonly AgentSlots[]): Assignment[] {
  const left = agents.map((agent) => ({ ...agent }))
  const assignments: Assignment[] = []
  for (const task of tasks) {
    const agent = best(task, left)
    if (agent === undefined) continue
    if (agent.free <= 0 && agent.ahead > 0) agent.ahead -= 1
    else agent.free -= 1
    if (task.kind === 'evaluate') agent.evaluations += 1
    assignments.push({ taskId: task.id, agentId: agent.id })
  }
  return assignments
}

function best(task: WaitingTask, agents: AgentSlots[]): AgentSlots | undefined {
  const able = agents.filter((agent) => hasRoom(task, agent) && suits(task, agent, agents))
  const idle = able.filter((agent) => agent.free > 0)
  return (idle.length > 0 ? idle : able).reduce<AgentSlots | undefined>(
    (chosen, agent) => (chosen === undefined || isBetter(task, agent, chosen) ? agent : chosen),
    undefined,
  )
}

function isBetter(task: WaitingTask, agent: AgentSlots, than: AgentSlots): boolean {
  const more = inputsOf(task, agent) - inputsOf(task, than)
  return more !== 0 ? more > 0 : share(agent) > share(than)
}

const inputsOf = (task: WaitingTask, agent: AgentSlots) => task.inputsAt?.get(agent.id) ?? 0
const share = (agent: AgentSlots) => (agent.free > 0 ? agent.free : agent.ahead) / agent.slots

/** Whether an agent would take the task now, if it suits it. */
export function hasRoom(task: Pick<WaitingTask, 'kind' | 'urgency'>, agent: AgentSlots): boolean {
  if (agent.refuses !== null) return false
  return (roomOf(agent) > 0 && leavesRoom(task, agent)) || wouldStarve(task, agent)
}

/** How many tasks more it takes. */
export const roomOf = ({ free, ahead }: Pick<AgentSlots, 'free' | 'ahead'>) => Math.max(0, free) + ahead

/** An evaluation is taken only where that leaves a slot for builds. */
export function leavesRoom(task: Pick<WaitingTask, 'kind'>, agent: AgentSlots): boolean {
  return task.kind !== 'evaluate' || evaluationsLeft(agent) > 0
}

/** How many evaluations more it may have. */
export const evaluationsLeft = ({ slots, evaluations }: AgentSlots) => Math.max(1, slots - 1) - evaluations

/**
 * An agent whose only slot evaluates, and an evaluation that waits for a build: each would wait for the other for ever. The build
 * gets a place beyond the slots, one at a time; the evaluation is idle meanwhile.
 */
function wouldStarve({ kind, urgency: how }: Pick<WaitingTask, 'kind' | 'urgency'>, agent: AgentSlots): boolean {
  return kind === 'build' && how <= urgency.imported && agent.free === 0 && agent.evaluations === agent.slots
}

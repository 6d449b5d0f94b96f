import { type Requirement, suits } from './suits.ts'

/** A task that waits for an agent; lists of them are in the order in which they should be placed. */
export type WaitingTask = Requirement & { id: string }

/** An agent that is online. `free` counts slots; `evaluations` those that evaluate now. */
export type AgentSlots = {
  id: string
  platforms: readonly string[]
  features: readonly string[]
  slots: number
  free: number
  evaluations: number
}

export type Assignment = { taskId: string; agentId: string }

/**
 * Which task goes to which agent now (hercules-ci.md 4.13). Each task goes to the suitable agent with the largest
 * share of free slots, so that work spreads; of the slots of an agent that has more than one, one is never given to an
 * evaluation, since builds that evaluations wait for need it (4.13.4).
 */
export function match(tasks: readonly WaitingTask[], agents: readonly AgentSlots[]): Assignment[] {
  const left = new Map(agents.map((agent) => [agent.id, { ...agent }]))
  const assignments: Assignment[] = []
  for (const task of tasks) {
    const agent = best(task, [...left.values()])
    if (agent === undefined) continue
    agent.free -= 1
    if (task.kind === 'evaluate') agent.evaluations += 1
    assignments.push({ taskId: task.id, agentId: agent.id })
  }
  return assignments
}

function best(task: WaitingTask, agents: AgentSlots[]): AgentSlots | undefined {
  const able = agents.filter((agent) => agent.free > 0 && leavesRoom(task, agent) && suits(task, agent, agents))
  return able.reduce<AgentSlots | undefined>(
    (chosen, agent) => (chosen === undefined || share(agent) > share(chosen) ? agent : chosen),
    undefined,
  )
}

/** An evaluation is taken only where that leaves a slot for builds. */
export function leavesRoom(task: Requirement, agent: AgentSlots): boolean {
  return task.kind !== 'evaluate' || agent.slots === 1 || agent.evaluations < agent.slots - 1
}

const share = (agent: AgentSlots) => agent.free / agent.slots

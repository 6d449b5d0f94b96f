import { type AgentSlots, evaluationsLeft, type Urgency } from './match.ts'
import { placeClass } from './order.ts'
import { type Requirement, suits } from './suits.ts'

/** What waits of one project that asks the same of an agent and is equally urgent. */
export type Line = Requirement & {
  urgency: Urgency
  projectId: string
  tasks: number
  /** What was broken and is not to be tried again yet; not among `tasks`. */
  paused: number
}

type Asked = Requirement & { urgency: Urgency }

/** Further than this nobody counts. */
export const aheadMax = 1000

/**
 * About how many tasks are placed before one that waits (`order.ts`), of those that an agent could be given which could do this
 * one: all that come first whoever wants them; of its own line `own`; and as many of its equals in other lines, since projects
 * take turns.
 */
export function countAhead(
  task: Asked & { projectId: string },
  own: number,
  lines: readonly Line[],
  agents: readonly AgentSlots[],
): number {
  const others = equalsOf(task, lines, agents).filter(
    (line) => line.projectId !== task.projectId || !asksTheSame(line, task),
  )
  const turns = [...Map.groupBy(others, ({ projectId }) => projectId).values()]
  return turns.reduce((sum, line) => sum + Math.min(own, count(line)), countFirst(task, lines, agents) + own)
}

/** The same of all tasks that ask this: how many are placed before any of them, and how many are as near as they. */
export function countBefore(
  task: Asked,
  lines: readonly Line[],
  agents: readonly AgentSlots[],
): { ahead: number; equals: number } {
  return { ahead: countFirst(task, lines, agents), equals: count(equalsOf(task, lines, agents)) }
}

function countFirst(task: Asked, lines: readonly Line[], agents: readonly AgentSlots[]): number {
  const first = rivalsOf(task, lines, agents).filter((line) => isBefore(line, task))
  const evaluations = count(first.filter((line) => line.kind === 'evaluate'))
  return count(first) - evaluations + Math.min(evaluations, evaluationsBefore(task, agents))
}

function equalsOf(task: Asked, lines: readonly Line[], agents: readonly AgentSlots[]): Line[] {
  return rivalsOf(task, lines, agents).filter((line) => !isBefore(line, task) && !isBefore(task, line))
}

function rivalsOf(task: Asked, lines: readonly Line[], agents: readonly AgentSlots[]): Line[] {
  const able = agents.filter((agent) => suits(task, agent, agents))
  return lines.filter((line) => able.some((agent) => suits(line, agent, agents)))
}

/** Of what a person put first, evaluations come before builds. */
function isBefore(line: Asked, than: Asked): boolean {
  const nearer = placeClass(line) - placeClass(than)
  return nearer < 0 || (nearer === 0 && line.kind === 'evaluate' && than.kind !== 'evaluate')
}

/** A slot is always left to builds where there is more than one, so more evaluations than this wait for other evaluations only. */
function evaluationsBefore(task: Asked, agents: readonly AgentSlots[]): number {
  const able = agents.filter((agent) => suits(task, agent, agents))
  if (task.kind === 'evaluate' || able.every(({ slots }) => slots === 1)) return Number.POSITIVE_INFINITY
  return able.reduce((sum, agent) => sum + Math.max(0, evaluationsLeft(agent)), 0)
}

const count = (lines: readonly Line[]) => lines.reduce((sum, { tasks }) => sum + tasks, 0)

function asksTheSame(a: Requirement, b: Requirement): boolean {
  return a.kind === b.kind && a.platform === b.platform && a.features.join(' ') === b.features.join(' ')
}

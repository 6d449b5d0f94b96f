import { count } from './job-sentence.ts'
import { wordSeconds } from './time-words.ts'

export type AgentStory = {
  isOnline: boolean
  /** How long ago its session was revoked; null while it is good. */
  revokedAgoMs: number | null
  slots: number
  /** Tasks that it has. */
  tasks: number
  /** Why it takes nothing new; null while it does. */
  refuses: string | null
  /** Tasks that it could do and that nobody has; those not among them that are not to be tried again yet. */
  waiting: number
  paused: number
}

/** How an agent stands, in one sentence. */
export function agentSentence({ isOnline, revokedAgoMs, slots, tasks, refuses, ...queue }: AgentStory): string {
  if (revokedAgoMs !== null) return `Offline: its session was revoked ${wordSeconds(revokedAgoMs)} ago.`
  if (!isOnline)
    return tasks === 0
      ? 'Offline.'
      : `Offline; ${count(tasks, 'task')} of it will be given to others unless it returns soon.`
  if (refuses !== null) return `Takes no work: ${refuses}.${tasks === 0 ? '' : ` ${count(tasks, 'task')} left.`}`
  if (tasks === 0) return idle(queue)
  if (tasks < slots) return `${tasks} of ${count(slots, 'slot')} busy.`
  return tasks === slots
    ? `All ${count(slots, 'slot')} busy.`
    : `All ${count(slots, 'slot')} busy, ${count(tasks - slots, 'task')} to begin next.`
}

function idle({ waiting, paused }: Pick<AgentStory, 'waiting' | 'paused'>): string {
  if (waiting > 0)
    return `Idle, though ${count(waiting, 'task')} that it can do ${waiting === 1 ? 'is' : 'are'} waiting.`
  if (paused > 0)
    return `Idle: ${count(paused, 'task')} that it can do ${paused === 1 ? 'is' : 'are'} tried again in a moment.`
  return 'Idle: nothing that it can do is waiting.'
}

import { count } from '../status/job-sentence.ts'
import { wordDuration } from '../status/time-words.ts'
import { type AgentSlots, hasRoom, type Urgency } from './match.ts'
import { type Requirement, suits } from './suits.ts'

/** Times are durations up to now, in ms. */
export type WatchFacts = {
  farms: Farm[]
  /** Agents that were given tasks and have not begun them, though they have a slot for them. */
  unbegun: { agentId: string; hostname: string; tasks: number; forMs: number }[]
  /** Agents with tasks that have not been heard of. */
  silent: { agentId: string; hostname: string; tasks: number; forMs: number; lostAfterMs: number }[]
  /** Jobs that are not done and that nothing works on: no task evaluates them, or all they asked for has ended. */
  stuckJobs: { jobId: string; name: string; phase: 'evaluation' | 'builds'; forMs: number }[]
  /** Derivations that waited for nothing, found in the last hour. */
  mended: number
  /** Logs without an end although their task has long had one. */
  endlessLogs: { logs: number; forMs: number }
}

/** An account's agents that are online, those that take nothing new among them, and what waits for them, by what it asks. */
export type Farm = {
  accountId: string
  agents: (AgentSlots & { /** Since when it has had nothing new and ended nothing. */ quietMs: number })[]
  lanes: (Requirement & { urgency: Urgency; tasks: number; waitedMs: number; because: string })[]
}

export type LoopFacts = {
  /** How long ago each loop has turned on any replica; null: never. */
  dispatchMs: number | null
  watchdogMs: number | null
  /** Of each follower of the announcements, the age of the oldest that it has not passed. */
  followers: { name: string; behindMs: number }[]
}

export type AlertKind =
  | 'idle-agent'
  | 'no-agent'
  | 'not-begun'
  | 'silent-agent'
  | 'stuck-job'
  | 'forgotten-derivation'
  | 'endless-log'
  | 'dispatch-still'
  | 'watchdog-still'
  | 'news-behind'

/** What should be running and is not: why, as far as it is known, and what a person can do. */
export type Alert = { key: string; kind: AlertKind; cause: string; action: string }

const second = 1000
/** From when on something is told. Longer than what happens on a loaded machine, shorter than a person's patience. */
export const limits = {
  idleMs: 30 * second,
  noAgentMs: 120 * second,
  unbegunMs: 60 * second,
  silentMs: 75 * second,
  stuckMs: 60 * second,
  loopMs: 30 * second,
  newsMs: 60 * second,
} as const

/** Everything that is wrong with the work itself. */
export function watch(facts: WatchFacts): Alert[] {
  return [
    ...facts.farms.flatMap(alertsOfFarm),
    ...facts.unbegun.filter((each) => each.forMs > limits.unbegunMs).map(notBegun),
    ...facts.silent.filter((each) => each.forMs > limits.silentMs).map(silentAgent),
    ...facts.stuckJobs.filter((each) => each.forMs > limits.stuckMs).map(stuckJob),
    ...forgotten(facts.mended),
    ...endlessLogs(facts.endlessLogs),
  ]
}

function alertsOfFarm({ accountId, agents, lanes }: Farm): Alert[] {
  return lanes.flatMap((lane) => {
    const key = `${accountId} ${lane.kind} ${lane.platform} ${lane.features.join(' ')}`
    const able = agents.filter((agent) => suits(lane, agent, agents))
    if (able.every((agent) => agent.refuses !== null))
      return lane.waitedMs > limits.noAgentMs ? [noAgent(key, lane, able)] : []
    const idle = able.find((agent) => agent.quietMs > limits.idleMs && hasRoom(lane, agent))
    return idle !== undefined && lane.waitedMs > limits.idleMs ? [idleAgent(key, lane, idle)] : []
  })
}

type Lane = Farm['lanes'][number]

function idleAgent(key: string, lane: Lane, agent: AgentSlots): Alert {
  return {
    key: `idle-agent ${key}`,
    kind: 'idle-agent',
    cause: `${work(lane)} could run on agent ${agent.hostname}, which has a free slot, and has been waiting for ${wordDuration(lane.waitedMs)}.`,
    action:
      'This is a defect of Firn, or its dispatch is stuck. Restart the server: nothing is lost by that. Then report it with the log of the time.',
  }
}

function noAgent(key: string, lane: Lane, unwilling: AgentSlots[]): Alert {
  return {
    key: `no-agent ${key}`,
    kind: 'no-agent',
    cause: `${work(lane)}: the oldest has been waiting for ${wordDuration(lane.waitedMs)}. ${lane.because}`,
    action:
      unwilling.length === 0
        ? 'Start an agent that can do it, or cancel the jobs that ask for it.'
        : 'See to what keeps these agents from work, start another that can do it, or cancel the jobs that ask for it.',
  }
}

function notBegun({ agentId, hostname, tasks, forMs }: WatchFacts['unbegun'][number]): Alert {
  return {
    key: `not-begun ${agentId}`,
    kind: 'not-begun',
    cause: `Agent ${hostname} was given ${count(tasks, 'task')} ${wordDuration(forMs)} ago and has not begun, though it has a free slot.`,
    action: `Look at the log of the agent on ${hostname}. Restarting the agent gives its work to others at once.`,
  }
}

function silentAgent({ agentId, hostname, tasks, forMs, lostAfterMs }: WatchFacts['silent'][number]): Alert {
  const then =
    forMs < lostAfterMs
      ? `If it does not return within ${wordDuration(lostAfterMs - forMs)}, others do that work.`
      : 'Its work should have been given to others by now.'
  return {
    key: `silent-agent ${agentId}`,
    kind: 'silent-agent',
    cause: `Agent ${hostname} has ${count(tasks, 'task')} and has not been heard of for ${wordDuration(forMs)}. ${then}`,
    action: `See whether ${hostname} runs and reaches this server.`,
  }
}

function stuckJob({ jobId, name, phase, forMs }: WatchFacts['stuckJobs'][number]): Alert {
  const why =
    phase === 'evaluation'
      ? `has not been evaluated, and for ${wordDuration(forMs)} no task does it.`
      : `is not done, though its evaluation ended ${wordDuration(forMs)} ago and none of its builds is left.`
  return {
    key: `stuck-job ${jobId}`,
    kind: 'stuck-job',
    cause: `Job ${name} ${why}`,
    action: 'This is a defect of Firn. Cancel the job or run it again, and report it with the log of the time.',
  }
}

function forgotten(mended: number): Alert[] {
  if (mended === 0) return []
  const noun = mended === 1 ? 'derivation' : 'derivations'
  return [
    {
      key: 'forgotten-derivation',
      kind: 'forgotten-derivation',
      cause: `${mended} ${noun} waited in the last hour with nothing to wait for, and ${mended === 1 ? 'was' : 'were'} set going.`,
      action: 'The work goes on. This is a defect of Firn: report it with the log of the time.',
    },
  ]
}

function endlessLogs({ logs, forMs }: WatchFacts['endlessLogs']): Alert[] {
  if (logs === 0) return []
  return [
    {
      key: 'endless-log',
      kind: 'endless-log',
      cause: `${count(logs, 'log')} ${logs === 1 ? 'has' : 'have'} no end, though the work ended as long as ${wordDuration(forMs)} ago.`,
      action: 'Look for errors of the blob store or the database in the log of the server.',
    },
  ]
}

/** Whether what must always turn does. */
export function watchLoops({ dispatchMs, watchdogMs, followers }: LoopFacts): Alert[] {
  const restart = 'Look for errors in the log of the server, and restart it: nothing is lost by that.'
  const still = (kind: AlertKind, what: string, ms: number | null): Alert[] =>
    ms !== null && ms <= limits.loopMs
      ? []
      : [
          {
            key: kind,
            kind,
            cause: `${what} has not turned ${ms === null ? 'yet' : `for ${wordDuration(ms)}`} on any server.`,
            action: restart,
          },
        ]
  return [
    ...still('dispatch-still', 'Dispatch, which gives work to agents,', dispatchMs),
    ...still('watchdog-still', 'The watchdog, which looks for work that stands still,', watchdogMs),
    ...followers
      .filter((each) => each.behindMs > limits.newsMs)
      .map(
        ({ name, behindMs }): Alert => ({
          key: `news-behind ${name}`,
          kind: 'news-behind',
          cause: `The news for "${name}" is ${wordDuration(behindMs)} behind: the state of jobs may be shown late.`,
          action: restart,
        }),
      ),
  ]
}

function work({ kind, platform, features, tasks }: Lane): string {
  const asks = features.length === 0 ? '' : ` with ${features.join(', ')}`
  if (kind === 'evaluate') return count(tasks, 'evaluation')
  return `${count(tasks, kind)} for ${platform}${asks}`
}

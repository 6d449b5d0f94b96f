import { whyNoWork } from '@firn/core/agent/takes-work'
import { type AgentSlots, hasRoom, match, roomOf } from '@firn/core/queue/match'
import { inOrder, type QueuedTask } from '@firn/core/queue/order'
import { type Requirement, suits } from '@firn/core/queue/suits'
import { sql } from 'kysely'
import type { Db, Tx } from '../db/connect.ts'
import type { Nudges } from '../db/nudges.ts'
import { transact } from '../db/transact.ts'
import { unread } from '../db/unread.ts'
import { readLoad } from './load.ts'
import {
  accountsOnline,
  assignTasksTo,
  countShares,
  type Lane,
  lanesOf,
  sessionsOnline,
  takeQueuedTasks,
} from './store.ts'
import type { TaskRow, TaskSteps } from './task.ts'
import { asUrgency } from './urgency.ts'

export type Session = Awaited<ReturnType<typeof sessionsOnline>>[number]

/** Nudged when there is something to say to this run of an agent. */
export const agentTopic = (startId: string) => `agent:${startId}`

/** So many tasks of a lane are given out in one turn at most; the next follows at once. */
const turnMax = 500

type Needs = { db: Db; nudges: Nudges; steps: TaskSteps }

/** Gives waiting tasks to free agents: one turn of the dispatch loop. */
export async function assignTasks({ db, nudges, steps }: Needs): Promise<void> {
  for (const accountId of await accountsOnline(db))
    for (let given = turnMax; given >= turnMax; ) {
      const told = await transact(db, (tx) => assignOfAccount(tx, steps, accountId))
      for (const startId of new Set(told)) nudges.send(agentTopic(startId))
      given = told.length
    }
}

/** The lock keeps two replicas from counting the same free slot. @returns of each task that was given, the run of an agent that has it */
async function assignOfAccount(tx: Tx, steps: TaskSteps, accountId: string): Promise<string[]> {
  await unread(tx, sql`select pg_advisory_xact_lock(hashtextextended(${`firn.dispatch.${accountId}`}, 0))`)
  const sessions = await sessionsOnline(tx, accountId)
  const agents = sessions.map(toSlots)
  const lanes = (await lanesOf(tx, accountId)).flatMap((lane) => {
    const limit = Math.min(roomFor(lane, agents), turnMax)
    return limit > 0 ? [{ ...lane, limit }] : []
  })
  if (lanes.length === 0) return []

  const taken = await takeQueuedTasks(tx, accountId, lanes)
  const queue = inOrder(taken.map(toQueued), await countShares(tx, accountId))
  const inputs = agents.length > 1 ? await inputsAt(tx, steps, taken) : new Map<string, Map<string, number>>()
  const assignments = match(
    queue.map((task) => ({ ...task, inputsAt: inputs.get(task.id) ?? new Map() })),
    agents,
  )
  const bySession = new Map(sessions.map((session) => [session.id, session]))
  const chosen = assignments.flatMap(({ taskId, agentId }) => {
    const session = bySession.get(agentId)
    return session ? [{ taskId, sessionId: session.id, startId: session.start_id }] : []
  })
  const given = await assignTasksTo(tx, chosen)
  return given.map((one) => one.startId)
}

/** How many tasks of a lane agents would take at most now. */
function roomFor(lane: Lane, agents: AgentSlots[]): number {
  const task: Requirement = { kind: lane.kind, platform: lane.platform, features: lane.required_features }
  const able = agents.filter((agent) => suits(task, agent, agents) && hasRoom({ ...task, urgency: 0 }, agent))
  return able.reduce((sum, agent) => sum + Math.max(1, roomOf(agent)), 0)
}

/** Which agents have inputs of which tasks, as far as the steps of these know. */
async function inputsAt(tx: Tx, steps: TaskSteps, tasks: TaskRow[]): Promise<Map<string, Map<string, number>>> {
  const found = new Map<string, Map<string, number>>()
  for (const [kind, own] of Map.groupBy(tasks, (task) => task.kind))
    for (const [id, holders] of (await steps[kind].inputsAt?.(tx, own)) ?? []) found.set(id, holders)
  return found
}

function toQueued(task: TaskRow): QueuedTask {
  return {
    id: task.id,
    kind: task.kind,
    platform: task.platform,
    features: task.required_features,
    urgency: asUrgency(task.urgency),
    projectId: task.project_id,
    rank: task.rank,
    queuedAt: task.queued_at.getTime(),
  }
}

/** A session as the decisions of core see it. */
export function toSlots(session: Session): AgentSlots {
  const { id, hostname, platforms, features, slots, busy, evaluations } = session
  const load = readLoad(session.load)
  const free = slots - busy
  const ahead = Math.max(0, (load?.ahead ?? 0) + Math.min(0, free))
  return { id, hostname, platforms, features, slots, free, ahead, evaluations, refuses: whyNoWork(load) }
}

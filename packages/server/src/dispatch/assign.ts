import { whyNoWork } from '@firn/core/agent/takes-work'
import { type AgentSlots, match, type WaitingTask } from '@firn/core/queue/match'
import { sql } from 'kysely'
import type { Db, Tx } from '../db/connect.ts'
import type { Nudges } from '../db/nudges.ts'
import { transact } from '../db/transact.ts'
import { readLoad } from './load.ts'
import { assignTask, sessionsOnline, takeQueuedTasks } from './store.ts'

export type Session = Awaited<ReturnType<typeof sessionsOnline>>[number]

/** Nudged when there is something to say to this run of an agent. */
export const agentTopic = (startId: string) => `agent:${startId}`

/** Gives waiting tasks to free agents: one turn of the dispatch loop. */
export async function assignTasks({ db, nudges }: { db: Db; nudges: Nudges }): Promise<void> {
  const sessions = await sessionsOnline(db)
  const accounts = new Set(sessions.filter((session) => session.busy < session.slots).map((s) => s.account_id))
  for (const accountId of accounts) {
    const told = await transact(db, (tx) => assignOfAccount(tx, accountId))
    for (const startId of told) nudges.send(agentTopic(startId))
  }
}

/** The lock keeps two replicas from counting the same free slot. */
async function assignOfAccount(tx: Tx, accountId: string): Promise<Set<string>> {
  await sql`select pg_advisory_xact_lock(hashtextextended(${`firn.dispatch.${accountId}`}, 0))`.execute(tx)
  const sessions = (await sessionsOnline(tx)).filter((session) => session.account_id === accountId)
  const free = sessions.reduce((sum, session) => sum + Math.max(0, session.slots - session.busy), 0)
  if (free === 0) return new Set()

  const able = sessions
    .filter((session) => session.busy < session.slots)
    .map(({ platforms, features }) => ({ platforms, features }))
  const evaluations = await takeQueuedTasks(tx, accountId, { kinds: ['evaluate'], able, limit: free })
  const others = await takeQueuedTasks(tx, accountId, { kinds: ['effect', 'build'], able, limit: free * 4 })
  const assignments = match([...evaluations, ...others].map(toWaiting), sessions.map(toSlots))

  const bySession = new Map(sessions.map((session) => [session.id, session]))
  const told = new Set<string>()
  for (const { taskId, agentId } of assignments) {
    const session = bySession.get(agentId)
    if (session === undefined) continue
    await assignTask(tx, { id: taskId }, session)
    told.add(session.start_id)
  }
  return told
}

function toWaiting(task: {
  id: string
  kind: WaitingTask['kind']
  platform: string
  required_features: string[]
}): WaitingTask {
  return { id: task.id, kind: task.kind, platform: task.platform, features: task.required_features }
}

/** A session as the decisions of core see it: one that takes no work has nothing free. */
export function toSlots(session: Session): AgentSlots {
  const takesWork = whyNoWork(readLoad(session.load)) === null
  return { ...session, free: takesWork ? Math.max(0, session.slots - session.busy) : 0 }
}

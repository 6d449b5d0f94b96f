import type { Reads } from '../db/connect.ts'
import type { AgentCaller } from './join.ts'
import { findTask } from './store.ts'
import type { TaskRow } from './task.ts'

/** The task if it was given to the caller's session: an agent is believed only about its own tasks. */
export async function ownTask(db: Reads, caller: AgentCaller, taskId: string): Promise<TaskRow | undefined> {
  const task = await findTask(db, taskId)
  return task?.session_id === caller.sessionId ? task : undefined
}

/** A task that has not ended: its tokens are good that long. */
export async function findOpenTask(db: Reads, taskId: string): Promise<TaskRow | undefined> {
  const task = await findTask(db, taskId)
  return task && task.state !== 'ended' ? task : undefined
}

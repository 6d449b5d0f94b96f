import type { Reads } from '../db/connect.ts'
import { findTask } from './store.ts'
import type { TaskRow } from './task.ts'

/** A task that has not ended: its tokens are good that long. */
export async function findOpenTask(db: Reads, taskId: string): Promise<TaskRow | undefined> {
  const task = await findTask(db, taskId)
  return task && task.state !== 'ended' ? task : undefined
}

import type { Urgency } from '@firn/core/queue/match'
import { newId } from '../catalog/ids.ts'
import type { Tx } from '../db/connect.ts'
import { nowPlus } from '../db/now.ts'
import { insertLogs } from '../logs/append.ts'
import type { TaskKind } from './task.ts'

/** Nudged when something waits that did not before, or a slot is free that was not. */
export const dispatchTopic = 'dispatch'

export type NewTask = {
  accountId: string
  kind: TaskKind
  platform: string
  requiredFeatures: string[]
  /** The job or derivation that it works on. */
  subject: string
  /** Whose share of the slots it takes. */
  projectId: string
  urgency: Urgency
  /** core/queue/order.ts */
  rank?: number
  attempt?: number
  tries?: number
  afterMs?: number
}

/** Queues tasks, each with its log; answers their ids in the same order. Nudge `dispatchTopic` after the commit. */
export async function enqueueTasks(tx: Tx, tasks: NewTask[]): Promise<string[]> {
  if (tasks.length === 0) return []
  const rows = tasks.map((task) => ({
    id: newId(),
    account_id: task.accountId,
    kind: task.kind,
    platform: task.platform,
    required_features: task.requiredFeatures,
    subject: task.subject,
    project_id: task.projectId,
    urgency: task.urgency,
    rank: task.rank ?? 0,
    attempt: task.attempt ?? 1,
    tries: task.tries ?? 0,
    not_before: nowPlus(task.afterMs ?? 0),
  }))
  for (const part of inParts(rows, 1000)) await tx.insertInto('task').values(part).execute()
  await insertLogs(
    tx,
    rows.map(({ id, account_id }) => ({ id, account_id })),
  )
  return rows.map((row) => row.id)
}

/** PostgreSQL takes at most 65,535 parameters in a statement. */
function inParts<T>(all: T[], size: number): T[][] {
  return Array.from({ length: Math.ceil(all.length / size) }, (_, i) => all.slice(i * size, (i + 1) * size))
}

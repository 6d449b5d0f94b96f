import type { Urgency } from '@firn/core/queue/match'
import { sql } from 'kysely'
import { newId } from '../catalog/ids.ts'
import type { Tx } from '../db/connect.ts'
import { unread } from '../db/unread.ts'
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
    features: task.requiredFeatures,
    subject: task.subject,
    project_id: task.projectId,
    urgency: task.urgency,
    rank: task.rank ?? 0,
    attempt: task.attempt ?? 1,
    tries: task.tries ?? 0,
    after_ms: task.afterMs ?? 0,
  }))
  await unread(
    tx,
    sql`
    insert into task (id, account_id, kind, platform, required_features, subject, project_id, urgency, rank, attempt, tries, not_before)
    select id, account_id, kind, platform, array(select jsonb_array_elements_text(features)), subject, project_id, urgency, rank,
      attempt, tries, now() + make_interval(secs => after_ms / 1000)
    from jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) as x (id uuid, account_id uuid, kind text, platform text, features jsonb,
      subject text, project_id uuid, urgency int, rank float8, attempt int, tries int, after_ms float8)`,
  )
  await insertLogs(
    tx,
    rows.map(({ id, account_id }) => ({ id, account_id })),
  )
  return rows.map((row) => row.id)
}

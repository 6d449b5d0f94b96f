import { sql } from 'kysely'
import type { Db, Tx } from '../db/connect.ts'
import { deleteLogs } from '../logs/forget-logs.ts'
import type { TaskKind } from './task.ts'

/**
 * Removes the tasks of subjects that are no more, with their logs.
 * @returns the blobs of these logs, to be deleted after the commit
 */
export async function forgetTasks(tx: Tx, kinds: TaskKind[], subjects: string[]): Promise<string[]> {
  if (subjects.length === 0) return []
  const { rows } = await sql<{ id: string }>`
    delete from task where subject = any(${subjects}::text[]) and kind = any(${kinds}::text[]) returning id`.execute(tx)
  return deleteLogs(
    tx,
    rows.map((row) => row.id),
  )
}

/**
 * Removes what is left of agents that have not been heard of for so long and of which no task tells any more; and of
 * living agents, their runs of more than a month ago. A session that is removed is no longer good: its agent joins anew.
 * @returns how many sessions
 */
export async function forgetOldSessions(
  db: Db,
  { accountId, days }: { accountId: string; days: number },
): Promise<number> {
  await sql`delete from agent_conversation c using agent_session s
    where s.id = c.session_id and s.account_id = ${accountId} and s.start_id is distinct from c.start_id
      and c.started_at < now() - interval '30 days'`.execute(db)
  const { rows } = await sql`
    delete from agent_session where id in (select s.id from (${oldSessions(accountId, days)}) s limit 100) returning id`.execute(
    db,
  )
  return rows.length
}

export function oldSessions(accountId: string, days: number) {
  return sql<{ id: string; at: Date }>`
    select s.id, s.last_seen as at from agent_session s
    where s.account_id = ${accountId} and s.connection_id is null
      and s.last_seen < now() - make_interval(days => greatest(${days}::int, 30))
      and not exists (select from task t where t.session_id = s.id)`
}

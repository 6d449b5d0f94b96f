import { type RawBuilder, sql } from 'kysely'
import type { Db, Reads } from '../db/connect.ts'
import { transact } from '../db/transact.ts'
import { forgetTasks } from '../dispatch/forget-tasks.ts'
import { announce } from '../outbox/announce.ts'
import { oldPushes } from './kept-pushes.ts'

type Old = { accountId: string; days: number }

/** Not many, since each may have a hundred thousand attributes. */
const pushesMax = 20

/**
 * Removes some old pushes, with their jobs, what these found, and the tasks of their evaluations.
 * @returns how many jobs were removed, and the blobs of logs that nothing names any more
 */
export function forgetOldPushes(db: Db, { accountId, days }: Old): Promise<{ removed: number; blobs: string[] }> {
  return transact(db, async (tx) => {
    const { rows: held } = await sql<{ id: string }>`
      select id from job where id in (select id from (${oldPushes(accountId, days)}) old order by at limit ${pushesMax})
      for update skip locked`.execute(tx)
    // Somebody may have run one again in the moment before it was held; a new statement sees that.
    const { rows: gone } = await sql<{ id: string; project_id: string }>`
      with doomed as (select id from (${oldPushes(accountId, days)}) old where id = any(${held.map((row) => row.id)}::uuid[])),
        jobs as (select id, project_id from job where coalesce(config_job_id, id) in (select id from doomed)),
        deleted as (delete from job where id in (select id from jobs))
      select id, project_id from jobs`.execute(tx)
    for (const projectId of new Set(gone.map((row) => row.project_id)))
      await announce(tx, { kind: 'jobs.removed', projectId })
    const blobs = await forgetTasks(
      tx,
      ['evaluate', 'effect'],
      gone.map((row) => row.id),
    )
    return { removed: gone.length, blobs }
  })
}

export async function countOldJobs(db: Reads, old: Old): Promise<{ count: number; oldest: Date | null }> {
  const { rows } = await sql<{ count: number; oldest: Date | null }>`
    select count(*)::int as count, min(created_at) as oldest from job where id in (${oldJobs(old)})`.execute(db)
  return rows[0] ?? { count: 0, oldest: null }
}

/** The jobs of old pushes. */
export function oldJobs({ accountId, days }: Old): RawBuilder<{ id: string }> {
  return sql`
    with doomed as materialized (${oldPushes(accountId, days)})
    select id from job where coalesce(config_job_id, id) in (select id from doomed)`
}

import { type RawBuilder, sql } from 'kysely'
import type { Db, Reads, Tx } from '../db/connect.ts'
import { transact } from '../db/transact.ts'
import { forgetTasks } from '../dispatch/forget-tasks.ts'
import { announce } from '../outbox/announce.ts'
import { endedBefore, oldPushes } from './kept-pushes.ts'

type Old = { accountId: string; days: number }

/** Few, since each may have a hundred thousand attributes, and no news is delivered that is younger than a transaction. */
const pushesMax = 5

/**
 * Removes some old pushes, with their jobs, what these found, and the tasks of their evaluations.
 * @returns how many jobs were removed, and the blobs of logs that nothing names any more
 */
export async function forgetOldPushes(db: Db, old: Old): Promise<{ removed: number; blobs: string[] }> {
  const { rows: found } = await sql<{ id: string }>`
    select id from (${oldPushes(old)}) old order by at limit ${pushesMax}`.execute(db)
  if (found.length === 0) return { removed: 0, blobs: [] }
  return transact(db, async (tx) => {
    const pushes = await hold(
      tx,
      old.days,
      found.map((row) => row.id),
    )
    const { rows: gone } = await sql<{ id: string; project_id: string }>`
      delete from job where id = any(${pushes}::uuid[]) or config_job_id = any(${pushes}::uuid[])
      returning id, project_id`.execute(tx)
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

/** Those that nobody else holds and nobody has run again since they were found: a statement after the hold sees that. */
async function hold(tx: Tx, days: number, ids: string[]): Promise<string[]> {
  const { rows } = await sql<{ id: string }>`
    select id from job where id = any(${ids}::uuid[]) for update skip locked`.execute(tx)
  const { rows: still } = await sql<{ id: string }>`
    select root.id from job root where id = any(${rows.map((row) => row.id)}::uuid[]) and ${endedBefore(days)}`.execute(
    tx,
  )
  return still.map((row) => row.id)
}

export async function countOldJobs(db: Reads, old: Old): Promise<{ count: number; oldest: Date | null }> {
  const { rows } = await sql<{ count: number; oldest: Date | null }>`
    select count(*)::int as count, min(created_at) as oldest from job where id in (${oldJobs(old)})`.execute(db)
  return rows[0] ?? { count: 0, oldest: null }
}

/** The jobs of old pushes. */
export function oldJobs(old: Old): RawBuilder<{ id: string }> {
  return sql`
    with doomed as materialized (${oldPushes(old)})
    select id from job where coalesce(config_job_id, id) in (select id from doomed)`
}

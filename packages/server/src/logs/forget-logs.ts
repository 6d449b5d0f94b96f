import { sql } from 'kysely'
import type { Tx } from '../db/connect.ts'

/**
 * Removes logs with their lines, in the caller's transaction.
 * @returns the keys of their blobs, to be deleted after the commit: a crash in between leaves blobs that `sweepBlobs` finds
 */
export async function deleteLogs(tx: Tx, ids: string[]): Promise<string[]> {
  if (ids.length === 0) return []
  const { rows } = await sql<{ blob: string }>`
    with pieces as (select blob from log_piece where log_id = any(${ids}::uuid[]) and blob is not null),
      gone as (delete from log where id = any(${ids}::uuid[]))
    select blob from pieces`.execute(tx)
  return rows.map((row) => row.blob)
}

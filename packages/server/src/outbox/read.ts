import { sql } from 'kysely'
import type { Reads } from '../db/connect.ts'
import { Announcement, type Cursor, start } from './announcement.ts'

export type Announced = { cursor: Cursor; news: Announcement }

/**
 * The announcements after `cursor`, in order. Only those of transactions that all older ones have ended before are
 * visible: a smaller number may still be committed later, and a reader that had passed it would miss it.
 */
export async function announcementsAfter(db: Reads, cursor: Cursor, limit = 500): Promise<Announced[]> {
  const { rows } = await sql<{ xid: string; id: number; kind: string; body: object }>`
    select xid::text, id, kind, body from announcement
    where (xid, id) > (${cursor.xid}::xid8, ${cursor.id}::bigint)
      and xid < pg_snapshot_xmin(pg_current_snapshot())
    order by announcement.xid, announcement.id limit ${limit}`.execute(db)
  return rows.map(({ xid, id, kind, body }) => ({
    cursor: { xid, id },
    news: Announcement.parse({ kind, ...body }),
  }))
}

/** The place after everything that is visible now. */
export async function newestCursor(db: Reads): Promise<Cursor> {
  const { rows } = await sql<{ xid: string; id: number }>`
    select xid::text, id from announcement where xid < pg_snapshot_xmin(pg_current_snapshot())
    order by announcement.xid desc, announcement.id desc limit 1`.execute(db)
  return rows[0] ?? start
}

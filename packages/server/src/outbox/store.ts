import { sql } from 'kysely'
import type { Db, Reads } from '../db/connect.ts'
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

/**
 * Runs `work` unless another replica is at it for the same follower. The lock is the connection's, not a
 * transaction's: an open transaction of ours would hide everybody's newer announcements from all readers.
 */
export function asFollower(db: Db, name: string, work: () => Promise<void>): Promise<void> {
  return db.connection().execute(async (connection) => {
    const key = sql`hashtextextended(${`firn.follower.${name}`}, 0)`
    const { rows } = await sql<{ taken: boolean }>`select pg_try_advisory_lock(${key}) as taken`.execute(connection)
    if (!rows[0]?.taken) return
    try {
      await work()
    } finally {
      await sql`select pg_advisory_unlock(${key})`.execute(connection)
    }
  })
}

/** Where a follower stands; a new one stands at the beginning. */
export async function followerCursor(db: Reads, name: string): Promise<Cursor> {
  await sql`insert into follower (name) values (${name}) on conflict do nothing`.execute(db)
  const { rows } = await sql<Cursor>`select xid::text, id from follower where name = ${name}`.execute(db)
  return rows[0] ?? start
}

export async function moveFollower(db: Reads, name: string, { xid, id }: Cursor): Promise<void> {
  await sql`update follower set xid = ${xid}::xid8, id = ${id} where name = ${name}`.execute(db)
}

/** Forgets announcements older than `hours` that every follower has passed. */
export async function forgetOld(db: Reads, hours: number): Promise<void> {
  await sql`
    delete from announcement where at < now() - make_interval(hours => ${hours})
      and not exists (select from follower f where (f.xid, f.id) < (announcement.xid, announcement.id))`.execute(db)
}

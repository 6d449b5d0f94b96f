import { sql } from 'kysely'
import type { Db, Reads } from '../db/connect.ts'
import { unhurried } from '../db/unhurried.ts'
import { type Cursor, start } from './announcement.ts'

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
  const { rows } = await sql<Cursor>`select xid::text, id from follower where name = ${name}`.execute(db)
  if (rows[0]) return rows[0]
  await sql`insert into follower (name) values (${name}) on conflict do nothing`.execute(db)
  return start
}

/** A move that a crash of the database undoes costs nothing but hearing a thing twice: nobody waits for the disk. */
export async function moveFollower(db: Reads, name: string, { xid, id }: Cursor): Promise<void> {
  await sql`
    update follower set xid = ${xid}::xid8, id = ${id} from ${unhurried} where name = ${name}`.execute(db)
}

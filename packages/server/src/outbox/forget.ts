import { sql } from 'kysely'
import type { Reads } from '../db/connect.ts'

/** Forgets announcements older than `hours` that every follower has passed. */
export async function forgetOldAnnouncements(db: Reads, hours: number): Promise<void> {
  await sql`
    delete from announcement where at < now() - make_interval(hours => ${hours})
      and not exists (select from follower f where (f.xid, f.id) < (announcement.xid, announcement.id))`.execute(db)
}

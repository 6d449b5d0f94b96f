import type { Tx } from '../db/connect.ts'
import { unread } from '../db/unread.ts'
import type { Announcement } from './announcement.ts'

/** Says it in the transaction of the change: either both are there afterwards or neither is. */
export async function announce(tx: Tx, ...news: Announcement[]): Promise<void> {
  if (news.length === 0) return
  const rows = news.map(({ kind, ...body }) => ({ kind, body: JSON.stringify(body) }))
  await unread(tx, tx.insertInto('announcement').values(rows))
}

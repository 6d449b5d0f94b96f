import { type Alert, watchLoops } from '@firn/core/queue/watchdog'
import { sql } from 'kysely'
import type { Reads } from '../db/connect.ts'
import { sinceTurned } from './heartbeats.ts'

/** What must always turn, on one replica at least, and does not. */
export async function loopAlerts(db: Reads): Promise<Alert[]> {
  const turned = await sinceTurned(db)
  const followers = await outboxLag(db)
  return watchLoops({
    dispatchMs: turned.dispatch,
    watchdogMs: turned.watchdog,
    followers: followers.map(({ follower, lagS }) => ({ name: follower, behindMs: lagS * 1000 })),
  })
}

/** Of each follower, the age of the oldest announcement that it has not passed. */
export async function outboxLag(db: Reads): Promise<{ follower: string; lagS: number }[]> {
  const { rows } = await sql<{ follower: string; lagS: number }>`
    select f.name as follower, coalesce(extract(epoch from now() - (
      select at from announcement n where (n.xid, n.id) > (f.xid, f.id) order by n.xid, n.id limit 1)), 0)::float8 as "lagS"
    from follower f order by f.name`.execute(db)
  return rows
}

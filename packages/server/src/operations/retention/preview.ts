import type { Removal, Retention } from '@firn/contract/api/operations'
import { sql } from 'kysely'
import { oldDerivations } from '../../build/forget-derivations.ts'
import type { Reads } from '../../db/connect.ts'
import { oldSessions } from '../../dispatch/forget-tasks.ts'
import { countOldJobs } from '../../job/forget-pushes.ts'
import { oldLogs } from './old-logs.ts'

type Counted = { count: number; oldest: Date | null; bytes?: number }

/**
 * What these settings would remove now, by the same conditions that remove it. What is only needed by jobs that would go
 * is counted once they have gone.
 */
export async function previewRetention(db: Reads, accountId: string, retention: Retention): Promise<Removal[]> {
  const { jobDays, logDays, failureDays } = retention
  const found: [Removal['what'], Counted][] = []
  if (jobDays !== null) {
    found.push(['jobs', await countOldJobs(db, { accountId, days: jobDays })])
    found.push(['builds', await counted(db, oldDerivations({ accountId, days: jobDays, which: 'others' }))])
    found.push(['agentSessions', await counted(db, oldSessions(accountId, jobDays))])
  }
  if (failureDays !== null)
    found.push(['failures', await counted(db, oldDerivations({ accountId, days: failureDays, which: 'failures' }))])
  if (logDays !== null) found.push(['logs', await counted(db, oldLogs({ accountId, days: logDays }), sql`sum(bytes)`)])
  return found.map(([what, { count, oldest, bytes }]) => ({
    what,
    count,
    oldest: oldest?.toISOString() ?? null,
    bytes: bytes ?? null,
  }))
}

async function counted(db: Reads, old: ReturnType<typeof sql>, bytes = sql`null`): Promise<Counted> {
  const { rows } = await sql<Counted>`
    select count(*)::int as count, min(at) as oldest, (${bytes})::float8 as bytes from (${old}) old`.execute(db)
  return rows[0] ?? { count: 0, oldest: null }
}

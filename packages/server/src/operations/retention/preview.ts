import type { Removal, Retention } from '@firn/contract/api/operations'
import { sql } from 'kysely'
import { countOldDerivations } from '../../build/forget-derivations.ts'
import type { Reads } from '../../db/connect.ts'
import { oldSessions } from '../../dispatch/forget-tasks.ts'
import { countOldJobs, oldJobs } from '../../job/forget-pushes.ts'
import { oldLogs } from './old-logs.ts'

type Counted = { count: number; oldest: Date | null; bytes?: number }

/**
 * What these settings would remove now, by the same conditions that remove it. Builds are counted that are left when the jobs
 * have gone; logs are those that go by their own age, besides those that go with a job or a build.
 */
export async function previewRetention(db: Reads, accountId: string, retention: Retention): Promise<Removal[]> {
  const { jobDays, logDays, failureDays } = retention
  const goneJobs =
    jobDays === null ? sql<{ id: string }>`select id from job where false` : oldJobs({ accountId, days: jobDays })
  const derivations = await countOldDerivations(db, { accountId, jobDays, failureDays }, goneJobs)
  const found: [Removal['what'], Counted][] = []
  if (jobDays !== null) {
    found.push(['jobs', await countOldJobs(db, { accountId, days: jobDays })])
    found.push(['builds', derivations.others])
    found.push(['agentSessions', await counted(db, oldSessions(accountId, jobDays))])
  }
  if (failureDays !== null) found.push(['failures', derivations.failures])
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

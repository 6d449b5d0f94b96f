import type { BuildMatches, JobMatches } from '@firn/contract/api/log'
import { DrvPath } from '@firn/contract/ids'
import { sql } from 'kysely'
import type { Db } from '../db/connect.ts'
import type { ReadNeeds } from '../logs/read.ts'
import { searchLog } from '../logs/search.ts'
import type { DerivationRow } from './read-derivation.ts'

/** One answer looks through so many logs or so much text, and finds so many builds; then whoever asked asks on. */
const answerMax = { logs: 200, chars: 32_000_000, builds: 50 }
/** Of each log so many lines are counted, and the first are shown. */
const ofLog = { counted: 1000, shown: 5 }
/** A single log is looked through to its end. */
const wholeLog = { chars: Number.POSITIVE_INFINITY, matches: ofLog.counted }

/**
 * Looks for a text in the newest log of every build of a job, also of those that other jobs asked for first; in the order of
 * derivations, after `after`.
 */
export async function searchLogs(
  needs: ReadNeeds,
  jobId: string,
  { search, after }: { search: string; after: string | undefined },
): Promise<JobMatches> {
  const builds: BuildMatches[] = []
  const logs = await logsOfJob(needs.db, jobId, after ?? '0')
  let chars = 0
  for (const [at, log] of logs.entries()) {
    const result = await searchLog(needs, log.log_id, { search, from: 0, budget: wholeLog })
    chars += result?.chars ?? 0
    if (result && result.matches.length > 0)
      builds.push({
        derivationPath: DrvPath.parse(log.path),
        status: log.status,
        logId: log.log_id,
        count: result.matches.length,
        more: result.next !== null,
        lines: result.matches.slice(0, ofLog.shown),
      })
    if (chars >= answerMax.chars || builds.length === answerMax.builds)
      return { builds, searched: at + 1, next: at + 1 < logs.length || logs.length === answerMax.logs ? log.id : null }
  }
  return { builds, searched: logs.length, next: logs.length === answerMax.logs ? (logs.at(-1)?.id ?? null) : null }
}

async function logsOfJob(db: Db, jobId: string, after: string) {
  const { rows } = await sql<{ id: string; path: string; status: DerivationRow['status']; log_id: string }>`
    select d.id::text, d.path, d.status, t.id as log_id
    from job_derivation jd join derivation d on d.id = jd.derivation_id
    cross join lateral (
      select id from task where kind = 'build' and subject = d.id::text and started_at is not null
      order by queued_at desc, id desc limit 1) t
    where jd.job_id = ${jobId} and jd.derivation_id > ${after}::bigint
    order by jd.derivation_id limit ${answerMax.logs}`.execute(db)
  return rows
}

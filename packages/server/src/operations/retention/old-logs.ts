import { type RawBuilder, sql } from 'kysely'
import type { Db } from '../../db/connect.ts'
import { transact } from '../../db/transact.ts'
import { keptPushes } from '../../job/kept-pushes.ts'
import { deleteLogs } from '../../logs/forget-logs.ts'

type Old = { accountId: string; days: number }

const batchMax = 500

/**
 * Logs that ended more than `days` ago, but those of a push that is kept however old (`job/kept-pushes.ts`), of what such
 * a push asked for, and of the last try at a derivation whose failure a job still shows.
 */
export function oldLogs({ accountId, days }: Old): RawBuilder<{ id: string; at: Date; bytes: number }> {
  return sql`
    select log.id, log.ended_at as at, log.bytes from log left join task on task.id = log.id
      left join derivation d on task.kind = 'build' and d.id = (case task.kind when 'build' then task.subject::bigint end)
    where log.account_id = ${accountId} and log.ended_at < now() - make_interval(days => ${days})
      and (task.id is null or task.state = 'ended')
      and case when task.id is null then true
        when task.kind = 'build' then d.id is null or not (
          (d.status = 'BuildFailure' and d.attempt = task.attempt
            and exists (select from job_derivation where derivation_id = d.id))
          or exists (select from job_derivation jd where jd.derivation_id = d.id and jd.job_id in (${keptJobs(accountId)})))
        else task.subject not in (select id::text from (${keptJobs(accountId)}) kept) end`
}

function keptJobs(accountId: string) {
  return sql`
    with kept as materialized (${keptPushes(accountId)})
    select id from job where id in (select id from kept) or config_job_id in (select id from kept)`
}

export function forgetOldLogs(db: Db, old: Old): Promise<{ removed: number; blobs: string[] }> {
  return transact(db, async (tx) => {
    const { rows } = await sql<{ id: string }>`
      select id from log where id in (select id from (${oldLogs(old)}) old order by id limit ${batchMax})
      for update skip locked`.execute(tx)
    const blobs = await deleteLogs(
      tx,
      rows.map((row) => row.id),
    )
    return { removed: rows.length, blobs }
  })
}

import { type RawBuilder, sql } from 'kysely'
import type { Db } from '../../db/connect.ts'
import { transact } from '../../db/transact.ts'
import { keptPushes } from '../../job/kept-pushes.ts'
import { deleteLogs } from '../../logs/forget-logs.ts'

type Old = { accountId: string; days: number }

const batchMax = 1000

/**
 * Logs that ended more than `days` ago, but those of a push that is kept however old (`job/kept-pushes.ts`), of what such
 * a push asked for, and of the last try at a derivation whose failure a job still shows.
 */
export function oldLogs({ accountId, days }: Old): RawBuilder<{ id: string; at: Date; bytes: number }> {
  return sql`
    with kept_pushes as materialized (${keptPushes(accountId)}),
      kept_jobs as materialized (
        select id, id::text as subject from job where coalesce(config_job_id, id) in (select id from kept_pushes)),
      kept_builds as materialized (
        select distinct derivation_id from job_derivation where job_id in (select id from kept_jobs))
    select log.id, log.ended_at as at, log.bytes from log left join task on task.id = log.id
      left join derivation d on d.id = (case task.kind when 'build' then task.subject::bigint end)
      left join kept_builds on kept_builds.derivation_id = d.id
      left join kept_jobs on kept_jobs.subject = (case when task.kind <> 'build' then task.subject end)
    where log.account_id = ${accountId} and log.ended_at < now() - make_interval(days => ${days})
      and (task.id is null or task.state = 'ended')
      and case
        when task.id is null or (task.kind = 'build' and d.id is null) then true
        when task.kind = 'build' then kept_builds.derivation_id is null
          and not (d.status = 'BuildFailure' and d.attempt = task.attempt
            and exists (select from job_derivation where derivation_id = d.id))
        else kept_jobs.id is null end`
}

/** Removes some of them. They are looked for before the transaction begins, since no news is delivered that is younger than one. */
export async function forgetOldLogs(db: Db, old: Old): Promise<{ removed: number; blobs: string[] }> {
  const { rows: found } = await sql<{ id: string }>`select id from (${oldLogs(old)}) old limit ${batchMax}`.execute(db)
  if (found.length === 0) return { removed: 0, blobs: [] }
  return transact(db, async (tx) => {
    const { rows } = await sql<{ id: string }>`
      select id from log where id = any(${found.map((row) => row.id)}::uuid[]) for update skip locked`.execute(tx)
    const blobs = await deleteLogs(
      tx,
      rows.map((row) => row.id),
    )
    return { removed: rows.length, blobs }
  })
}

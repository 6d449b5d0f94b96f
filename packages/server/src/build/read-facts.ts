import { sql } from 'kysely'
import type { Reads } from '../db/connect.ts'

export type AttributeFacts = { pending: number; failed: number; any: boolean }

/** What the attributes that have a derivation say about a job: whether any is pending or failed, not how many. */
export async function readAttributeFacts(db: Reads, jobId: string): Promise<AttributeFacts> {
  // What is pending has no error, and is found at once; the last question goes through all of a job's attributes.
  const { rows } = await sql<AttributeFacts>`
    select pending::int, failed::int, case when pending or failed then true
      else exists (select from attribute where job_id = ${jobId} and error is null) end as any
    from (select exists (select from attribute where job_id = ${jobId} and outcome = 'Pending') as pending,
      exists (select from attribute where job_id = ${jobId} and outcome = 'Failure' and error is null) as failed) facts`.execute(
    db,
  )
  return rows[0] ?? { pending: 0, failed: 0, any: false }
}

export async function countAttributeErrors(db: Reads, jobId: string): Promise<number> {
  const { rows } = await sql<{ count: number }>`
    select count(*)::int as count from attribute
    where job_id = ${jobId} and outcome = 'Failure' and error is not null`.execute(db)
  return rows[0]?.count ?? 0
}

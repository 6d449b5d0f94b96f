import { sql } from 'kysely'
import type { Tx } from '../db/connect.ts'

/** Messages of the server come after those of the agent, whose indices count from 0. */
const firstIndex = 1_000_000

/** Adds an error that the server found in what an evaluation said; it fails the evaluation. */
export async function addProblem(tx: Tx, jobId: string, message: string): Promise<void> {
  await sql`
    insert into evaluation_message (job_id, index, type, message)
    select ${jobId}::uuid, greatest(${firstIndex}::int, coalesce(max(index) + 1, 0)), 'Error', ${message}
    from evaluation_message where job_id = ${jobId}`.execute(tx)
}

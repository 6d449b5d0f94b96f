import { sql } from 'kysely'
import type { Reads, Tx } from '../db/connect.ts'

type Begun = { id: number; attempt: number }

/**
 * Notes why derivations are at an attempt after their first.
 * @param isReset what came of the attempt before was put aside; else that one was cancelled
 * @param jobId the job whose evaluation asked
 */
export async function noteAttempts(
  tx: Tx,
  begun: Begun[],
  { isReset, jobId }: { isReset: boolean; jobId: string | null },
): Promise<void> {
  const later = begun.filter(({ attempt }) => attempt > 1)
  if (later.length === 0) return
  await sql`
    insert into later_attempt (derivation_id, attempt, is_reset, job_id)
    select id, attempt, ${isReset}::boolean, ${jobId}::uuid
    from unnest(${later.map(({ id }) => id)}::bigint[], ${later.map(({ attempt }) => attempt)}::int[]) as x (id, attempt)
    on conflict do nothing`.execute(tx)
}

export type LaterAttempt = {
  attempt: number
  at: Date
  isReset: boolean
  /** Whose evaluation imports from it: the only thing that evaluations build again is what they import from (hercules-ci.md 2.5.6). */
  evalOfJob: string | null
}

/** The attempts of a derivation after its first. */
export async function laterAttempts(db: Reads, derivationId: number): Promise<Map<number, LaterAttempt>> {
  const { rows } = await sql<LaterAttempt>`
    select attempt, at, is_reset as "isReset", case when is_reset or exists (
      select from import_from_derivation i where i.job_id = l.job_id and i.derivation_id = l.derivation_id
    ) then job_id end as "evalOfJob"
    from later_attempt l where derivation_id = ${derivationId}`.execute(db)
  return new Map(rows.map((row) => [row.attempt, row]))
}

import { sql } from 'kysely'
import type { Reads, Tx } from '../db/connect.ts'
import { announce } from '../outbox/announce.ts'

const namedMax = 100

/** Says which derivations changed, and the jobs that they concern. */
export async function announceBuilds(tx: Tx, accountId: string, ids: number[]): Promise<void> {
  const { jobs: jobIds, paths } = await concernedBy(tx, ids)
  await announce(tx, { kind: 'builds.changed', accountId, jobIds, derivations: paths })
}

/** The jobs of derivations, and their paths unless they are too many to name. */
async function concernedBy(db: Reads, ids: number[]): Promise<{ jobs: string[]; paths: string[] }> {
  const named = ids.length > namedMax ? [] : ids
  const { rows } = await sql<{ jobs: string[]; paths: string[] }>`
    select array(select distinct job_id::text from job_derivation where derivation_id = any(${ids}::bigint[])) as jobs,
      array(select path from derivation where id = any(${named}::bigint[])) as paths`.execute(db)
  return rows[0] ?? { jobs: [], paths: [] }
}

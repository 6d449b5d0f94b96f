import type { FailureGraph } from '@firn/contract/api/derivation'
import { DrvPath } from '@firn/contract/ids'
import { sql } from 'kysely'
import type { Reads } from '../db/connect.ts'

/** A page that shows so many nodes shows nothing. */
const nodesMax = 5000

/** What failed for a job, and what is blocked by it, each with those of its direct inputs that failed or are blocked. */
export async function failureGraph(db: Reads, jobId: string): Promise<FailureGraph> {
  const { rows } = await sql<{ path: string; failed: string[] }>`
    select d.path, array(
      select u.path from derivation_input i join derivation u on u.id = i.input_id
      where i.derivation_id = d.id and u.status in ('BuildFailure', 'DependencyFailure', 'Cancelled') order by u.path
    ) as failed
    from job_derivation j join derivation d on d.id = j.derivation_id
    where j.job_id = ${jobId} and d.status in ('BuildFailure', 'DependencyFailure')
    order by d.status, d.path limit ${nodesMax}`.execute(db)
  return {
    nodes: rows.map(({ path, failed }) => ({
      derivation: DrvPath.parse(path),
      failedDependencies: failed.map((each) => DrvPath.parse(each)),
    })),
  }
}

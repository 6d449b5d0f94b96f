import type { DerivationStatus } from '@firn/contract/api/derivation'
import type { JobOverview } from '@firn/contract/api/overview'
import { DrvPath } from '@firn/contract/ids'
import { derivationName } from '@firn/core/status/derivation-sentence'
import { sql } from 'kysely'
import type { Reads } from '../db/connect.ts'

/** What an evaluation waits for: derivations it imports from that are not there yet, and the attributes that need them. */
export async function waitingImports(db: Reads, jobId: string): Promise<JobOverview['imports']> {
  const { rows } = await sql<{ path: string; output: string; status: DerivationStatus; attributes: string[][] }>`
    select d.path, i.output, d.status, coalesce(json_agg(i.path) filter (where i.path is not null), '[]') as attributes
    from import_from_derivation i join derivation d on d.id = i.derivation_id
    where i.job_id = ${jobId} and not i.done and d.status <> 'BuildSuccess'
    group by d.path, i.output, d.status order by min(i.index) limit 50`.execute(db)
  return rows.map(({ path, output, status, attributes }) => ({
    derivationPath: DrvPath.parse(path),
    outputName: output,
    status,
    because: sentence(derivationName(path), status),
    attributes,
  }))
}

function sentence(name: string, status: DerivationStatus): string {
  if (status === 'Building') return `Evaluation goes on when ${name} is built; it builds now.`
  if (status === 'Waiting') return `Evaluation goes on when ${name} is built; it waits for its turn.`
  return `${name} could not be built, and evaluation needs it.`
}

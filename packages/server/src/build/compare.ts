import type { AttributeChange, EvaluationDiff } from '@firn/contract/api/evaluation'
import { DrvPath } from '@firn/contract/ids'
import { sql } from 'kysely'
import type { Reads } from '../db/connect.ts'
import { attributesByKey } from './read-attributes.ts'

const shownMax = 1000

type Change = { key: string; how: AttributeChange['how'] }

/**
 * How the attributes of two jobs differ (hercules-ci.md 5.2, 5.3): by path, then by derivation, then by what they say about the job.
 * A derivation that differs and fails where the
 * one before did not is newly failing rather than changed; such come first, so that a cut list leaves out the least telling.
 */
export async function compareEvaluations(
  db: Reads,
  beforeId: string,
  afterId: string,
): Promise<Omit<EvaluationDiff, 'ifds'>> {
  const { rows } = await sql<Change & { total: number }>`
    with a as (select * from attribute where job_id = ${beforeId}), b as (select * from attribute where job_id = ${afterId}),
    changes as (
      select encode(coalesce(a.path_key, b.path_key), 'hex') as key, coalesce(a.sort_key, b.sort_key) as sort,
        case
          when a.path_key is null then 'added'
          when b.path_key is null then 'removed'
          when b.outcome = 'Failure' and a.outcome <> 'Failure' then 'newlyFailing'
          when a.outcome = 'Failure' and b.outcome = 'Success' then 'repaired'
          when a.derivation_id is distinct from b.derivation_id or a.type <> b.type
            or a.error ->> 'errorMessage' is distinct from b.error ->> 'errorMessage' then 'changed'
        end as how
      from a full join b using (path_key)
    )
    select key, how, (count(*) over ())::int as total from changes where how is not null
    order by array_position(array['newlyFailing', 'changed', 'added', 'removed', 'repaired'], how), sort, key
    limit ${shownMax}`.execute(db)
  const keys = rows.map((row) => row.key)
  const [before, after] = [await attributesByKey(db, beforeId, keys), await attributesByKey(db, afterId, keys)]
  return {
    beforeId,
    afterId,
    total: rows[0]?.total ?? 0,
    attributes: rows.map(({ key, how }) => {
      const [old, young] = [before.get(key) ?? null, after.get(key) ?? null]
      return { path: (young ?? old)?.path ?? [], how, before: old, after: young }
    }),
  }
}

/** What one evaluation imports from derivations and the other does not. */
export async function compareImports(db: Reads, beforeId: string, afterId: string): Promise<EvaluationDiff['ifds']> {
  const { rows } = await sql<{ path: string; output: string; how: 'added' | 'removed' }>`
    select d.path, x.output, case when bool_or(x.job_id = ${afterId}) then 'added' else 'removed' end as how
    from import_from_derivation x join derivation d on d.id = x.derivation_id
    where x.job_id in (${beforeId}, ${afterId})
    group by d.path, x.output having count(distinct x.job_id) = 1 order by d.path limit ${shownMax}`.execute(db)
  return rows.map(({ path, output, how }) => ({ derivation: DrvPath.parse(path), outputName: output, how }))
}

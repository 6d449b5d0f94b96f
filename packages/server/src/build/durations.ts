import { sql } from 'kysely'
import type { Reads } from '../db/connect.ts'
import { derivationNameOf } from './derivation-name.ts'

/** Of a build that nobody has seen yet, where nothing is known of others either. */
const unknownSeconds = 1

/** How much the newest builds of a name count against all before. */
const newestWeight = 0.5

/** What a build of each name is expected to take, in seconds; of a name that is not known, what the known ones take on average. */
export async function secondsOf(db: Reads, accountId: string, names: string[]): Promise<Float64Array> {
  const { rows } = await sql<{ name: string; ms: number }>`
    select name, mean_ms as ms from build_duration
    where account_id = ${accountId} and name = any(${[...new Set(names)]}::text[])`.execute(db)
  const known = new Map(rows.map((row) => [row.name, row.ms / 1000]))
  const usual =
    known.size === 0 ? unknownSeconds : [...known.values()].reduce((sum, each) => sum + each, 0) / known.size
  return Float64Array.from(names, (name) => known.get(name) ?? usual)
}

/** Learns how long the builds took that a job has waited for and that began after it. */
export async function learnDurations(
  db: Reads,
  job: { id: string; account_id: string; created_at: Date },
): Promise<void> {
  await sql`
    insert into build_duration as old (account_id, name, mean_ms, builds)
    select ${job.account_id}, ${derivationNameOf('d')} as name, avg(extract(epoch from d.ended_at - d.started_at) * 1000), count(*)
    from job_derivation j join derivation d on d.id = j.derivation_id
    where j.job_id = ${job.id} and d.status = 'BuildSuccess' and d.started_at >= ${job.created_at} and d.ended_at >= d.started_at
    group by name order by name
    on conflict (account_id, name) do update set builds = old.builds + excluded.builds,
      mean_ms = old.mean_ms * (1 - ${newestWeight}::real) + excluded.mean_ms * ${newestWeight}::real`.execute(db)
}

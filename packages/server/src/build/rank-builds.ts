import { criticalPaths } from '@firn/core/queue/critical-paths'
import { sql } from 'kysely'
import type { Db, Reads } from '../db/connect.ts'
import { transact } from '../db/transact.ts'
import { unread } from '../db/unread.ts'
import { derivationNameOf } from './derivation-name.ts'
import { secondsOf } from './durations.ts'

/** So many rows are read or written at once. */
const portion = 5000

type Node = { id: number; name: string }

/**
 * Ranks what a job waits for: each derivation by the longest chain of unbuilt ones that needs it, in seconds as far as
 * earlier builds of the same name tell (core/queue/critical-paths.ts). A rank only grows: a derivation that several jobs wait for has the
 * largest. Nothing depends on it but the order in which things are built.
 */
export async function rankBuilds(db: Db, job: { id: string; account_id: string }): Promise<void> {
  const nodes = await unbuilt(db, job.id)
  if (nodes.length < 2) return
  const places = new Map(nodes.map(({ id }, place) => [id, place]))
  const { dependents, inputs } = await edgesAmong(db, nodes, places)
  const seconds = await secondsOf(
    db,
    job.account_id,
    nodes.map((node) => node.name),
  )
  const ranks = criticalPaths({ seconds, dependents, inputs })
  for (let from = 0; from < nodes.length; from += portion) {
    const part = nodes.slice(from, from + portion)
    await saveRanks(
      db,
      part.map((node) => node.id),
      [...ranks.subarray(from, from + portion)],
    )
  }
}

async function unbuilt(db: Reads, jobId: string): Promise<Node[]> {
  const { rows } = await sql<Node>`
    select d.id, ${derivationNameOf('d')} as name from job_derivation j join derivation d on d.id = j.derivation_id
    where j.job_id = ${jobId} and d.status in ('Waiting', 'Building') order by d.id`.execute(db)
  return rows
}

/** Edges between the nodes, as places in their list. */
async function edgesAmong(db: Reads, nodes: Node[], places: Map<number, number>) {
  const dependents: number[] = []
  const inputs: number[] = []
  for (let from = 0; from < nodes.length; from += portion) {
    const ids = nodes.slice(from, from + portion).map((node) => node.id)
    const { rows } = await sql<{ id: number; inputs: number[] }>`
      select derivation_id as id, array_agg(input_id) as inputs from derivation_input
      where derivation_id = any(${ids}::bigint[]) group by derivation_id`.execute(db)
    for (const row of rows)
      for (const input of row.inputs.map(Number)) {
        const [above, below] = [places.get(row.id), places.get(input)]
        if (above === undefined || below === undefined) continue
        dependents.push(above)
        inputs.push(below)
      }
  }
  return { dependents: Int32Array.from(dependents), inputs: Int32Array.from(inputs) }
}

/** Derivations first, in the order of their numbers, then the tasks of those that have one. */
async function saveRanks(db: Db, ids: number[], ranks: number[]): Promise<void> {
  await transact(db, async (tx) => {
    const { rows } = await sql<{ id: string; rank: number }>`
      with held as (
        select id from derivation where id = any(${ids}::bigint[]) and status = 'Waiting' order by id for no key update
      )
      update derivation d set rank = new.rank
      from held join unnest(${ids}::bigint[], ${ranks}::real[]) as new (id, rank) using (id)
      where d.id = held.id and d.rank < new.rank returning d.id::text, d.rank`.execute(tx)
    await unread(
      tx,
      sql`
      update task set rank = new.rank
      from unnest(${rows.map((row) => row.id)}::text[], ${rows.map((row) => row.rank)}::real[]) as new (subject, rank)
      where task.subject = new.subject and task.kind = 'build' and task.state = 'queued'`,
    )
  })
}

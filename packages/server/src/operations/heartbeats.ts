import { sql } from 'kysely'
import type { Reads } from '../db/connect.ts'

/** The loops whose turning is told, since nothing is done where they stand still. */
type WatchedLoop = 'dispatch' | 'watchdog'

export type Heartbeats = {
  turned(name: WatchedLoop): void
  /** Saves what has turned since; one turn of a loop of its own, so that no other waits for it. */
  save(db: Reads): Promise<void>
}

export function openHeartbeats(): Heartbeats {
  const turned = new Set<WatchedLoop>()
  return {
    turned: (name) => turned.add(name),
    async save(db) {
      const names = [...turned].sort()
      turned.clear()
      if (names.length === 0) return
      await sql`insert into heartbeat (name, at) select unnest(${names}::text[]), now()
        on conflict (name) do update set at = greatest(heartbeat.at, excluded.at)`.execute(db)
    },
  }
}

/** Whether this replica is the one whose watchdog looks now: none does sooner than `everyMs` after another. */
export async function takeLook(db: Reads, everyMs: number): Promise<boolean> {
  const { rows } = await sql`insert into heartbeat (name, at) values ('look', now())
    on conflict (name) do update set at = excluded.at
    where heartbeat.at <= excluded.at - make_interval(secs => ${everyMs / 1000}) returning name`.execute(db)
  return rows.length > 0
}

/** How long ago a loop has turned on any replica, in ms; null: never. */
export async function sinceTurned(db: Reads): Promise<Record<WatchedLoop, number | null>> {
  const { rows } = await sql<{ name: string; ms: number }>`
    select name, (extract(epoch from now() - at) * 1000)::float8 as ms from heartbeat`.execute(db)
  const of = (name: WatchedLoop) => rows.find((row) => row.name === name)?.ms ?? null
  return { dispatch: of('dispatch'), watchdog: of('watchdog') }
}

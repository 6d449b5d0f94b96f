import type { Urgency } from '@firn/core/queue/match'
import { sql } from 'kysely'
import type { Tx } from '../db/connect.ts'
import { unread } from '../db/unread.ts'
import { hurryTasks } from '../dispatch/hurry-tasks.ts'

/**
 * Makes derivations that wait, and all that they wait for, at least as urgent as given; their tasks as well. Rows are taken in the
 * order of their numbers, as by everybody who takes several.
 */
export async function hurryBuilds(tx: Tx, ids: number[], to: Urgency): Promise<void> {
  if (ids.length === 0) return
  const { rows } = await sql<{ id: number }>`
    with recursive needed as (
      select id from derivation where id = any(${ids}::bigint[]) and status = 'Waiting' and urgency > ${to}
      union
      select u.id from needed join derivation_input i on i.derivation_id = needed.id
        join derivation u on u.id = i.input_id
      where u.status = 'Waiting' and u.urgency > ${to}
    )
    select id from derivation where id in (select id from needed) order by id for update`.execute(tx)
  const slow = rows.map((row) => row.id)
  if (slow.length === 0) return
  await unread(tx, sql`update derivation set urgency = ${to} where id = any(${slow}::bigint[])`)
  await hurryTasks(tx, 'build', slow.map(String), to)
}

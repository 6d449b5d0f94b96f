import { sql } from 'kysely'
import type { Tx } from '../db/connect.ts'
import { considerWaiting } from './plan-builds.ts'
import { setStatus } from './store.ts'

/**
 * A derivation whose build came to nothing, while something it needs is built again (or could not be): it is not tried
 * before that has ended. The graph is held.
 * @returns what changed with it; undefined when its inputs are as they were
 */
export async function waitForInputs(tx: Tx, accountId: string, id: number): Promise<number[] | undefined> {
  const { rows } = await sql`
    select from derivation_input i join derivation u on u.id = i.input_id
    where i.derivation_id = ${id} and u.status not in ('BuildSuccess', 'NotPlanned') limit 1`.execute(tx)
  if (rows.length === 0) return undefined
  await setStatus(tx, [id], 'Waiting', sql`, has_task = false, started_at = null`)
  const { blocked } = await considerWaiting(tx, accountId, [id])
  return [...new Set([id, ...blocked])]
}

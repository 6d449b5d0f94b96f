import { sql } from 'kysely'

/**
 * Among the sources of a statement that is a transaction of its own: its commit does not wait for the disk. For changes that may be
 * undone by a crash of the database without anything being lost.
 */
export const unhurried = sql`(select set_config('synchronous_commit', 'off', true)) as unhurried`

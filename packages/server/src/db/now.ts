import { sql } from 'kysely'

/**
 * When the transaction began, by PostgreSQL's clock: the only one that all servers share. What is compared with `now()` in SQL
 * (who has been silent for how long, what is due) is written with it and never with a server's own clock.
 */
export const now = sql<Date>`now()`

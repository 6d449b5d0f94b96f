import { sql } from 'kysely'

/** A derivation's name without hash and version: what its build takes is much the same from one to the next. */
export function derivationNameOf(table: string) {
  return sql`regexp_replace(substr(${sql.ref(`${table}.path`)}, 45), '(-[0-9].*)?[.]drv$', '')`
}

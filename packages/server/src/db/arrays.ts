import { type RawBuilder, sql } from 'kysely'

/** Numbers as one array: the driver would look at each of thousands for what has to be quoted. */
export function bigints(numbers: readonly number[]): RawBuilder<number[]> {
  return sql`${`{${numbers.join(',')}}`}::bigint[]`
}

/** A list of texts in PostgreSQL's own notation, for a column or an element that is an array itself. */
export function textArray(texts: readonly string[]): string {
  return `{${texts.map((text) => `"${text.replaceAll(/["\\]/g, '\\$&')}"`).join(',')}}`
}

/**
 * Databases inside one PostgreSQL server, made and dropped by name. Tests use one database a file, copied from a
 * migrated template, which costs 60–90 ms (stack.md 2).
 */
import pg from 'pg'

/** Whether a database of this name exists on the server that `url` points to. */
export function databaseExists(url: string, name: string): Promise<boolean> {
  return withClient(url, async (client) => {
    const found = await client.query('select from pg_database where datname = $1', [name])
    return found.rowCount === 1
  })
}

/**
 * Makes a database, empty or as a copy of `template`, and answers its URL.
 * PostgreSQL refuses a name that is taken, and a template that somebody is connected to.
 */
export async function createDatabase(url: string, name: string, template?: string): Promise<string> {
  const copy = template === undefined ? '' : ` template ${pg.escapeIdentifier(template)}`
  await withClient(url, (client) => client.query(`create database ${pg.escapeIdentifier(name)}${copy}`))
  return databaseUrl(url, name)
}

/** Drops a database and ends the connections to it; one that does not exist is no error. */
export async function dropDatabase(url: string, name: string): Promise<void> {
  await withClient(url, (client) => client.query(`drop database if exists ${pg.escapeIdentifier(name)} with (force)`))
}

/** The same server, another database. */
export function databaseUrl(url: string, name: string): string {
  const changed = new URL(url)
  changed.pathname = `/${encodeURIComponent(name)}`
  return changed.href
}

async function withClient<T>(url: string, use: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({ connectionString: url })
  // A connection that breaks rejects the query under way; without a listener it would also end the process.
  client.on('error', () => {})
  await client.connect()
  try {
    return await use(client)
  } finally {
    await client.end()
  }
}

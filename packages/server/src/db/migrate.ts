import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { sql } from 'kysely'
import type { Db } from './connect.ts'

const folder = join(import.meta.dirname, 'migrations')
/** Taken while migrating, so that of several replicas that start at once one migrates and the others wait. */
const migrationLock = 7_114_101

/**
 * Brings the database up to date: the numbered `.sql` files that it has not had, in order, each in a transaction
 * of its own.
 * @throws when the database is newer than this server, or a migration fails (nothing of that one remains)
 */
export async function migrate(db: Db): Promise<void> {
  await refuseOldPostgres(db)
  const files = (await readdir(folder)).filter((name) => name.endsWith('.sql')).sort()
  await db.connection().execute(async (connection) => {
    await sql`select pg_advisory_lock(${sql.lit(migrationLock)})`.execute(connection)
    try {
      await sql`create table if not exists migration (name text primary key, at timestamptz not null default now())`.execute(
        connection,
      )
      const { rows } = await sql<{ name: string }>`select name from migration`.execute(connection)
      const had = new Set(rows.map((row) => row.name))
      const unknown = [...had].filter((name) => !files.includes(name))
      if (unknown.length > 0)
        throw new Error(`The database was made by a newer Firn (it has ${unknown.join(', ')}). Start that version.`)
      for (const name of files.filter((file) => !had.has(file))) await apply(connection, name)
    } finally {
      await sql`select pg_advisory_unlock(${sql.lit(migrationLock)})`.execute(connection)
    }
  })
}

async function apply(connection: Db, name: string): Promise<void> {
  const text = await readFile(join(folder, name), 'utf8')
  await connection.transaction().execute(async (tx) => {
    await sql.raw(text).execute(tx)
    await sql`insert into migration (name) values (${name})`.execute(tx)
  })
}

async function refuseOldPostgres(db: Db): Promise<void> {
  const { rows } = await sql<{ server_version_num: string }>`show server_version_num`.execute(db)
  const version = Number(rows[0]?.server_version_num)
  if (version < 150_000)
    throw new Error(`Firn needs PostgreSQL 15 or newer; this one is ${Math.trunc(version / 10_000)}.`)
}

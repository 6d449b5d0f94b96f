/**
 * A real PostgreSQL for tests: one server a test run, one database a test file, copied from a migrated template.
 */
import { createHash, randomUUID } from 'node:crypto'
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { silentLog } from '@firn/base/log'
import { connect } from '@firn/server/db/connect'
import { createDatabase, dropDatabase } from '@firn/server/db/databases'
import { startManagedPostgres } from '@firn/server/db/managed-postgres'
import { migrate } from '@firn/server/db/migrate'
import { sql } from 'kysely'

export type TestDatabase = AsyncDisposable & { url: string }

/** A database of its own with all migrations in it, dropped when disposed of. */
export async function openTestDatabase(): Promise<TestDatabase> {
  await using opened = new AsyncDisposableStack()
  const adminUrl = process.env.FIRN_TEST_POSTGRES ?? (await ownServer(opened))
  const template = await ensureTemplate(adminUrl)
  const name = `firn_test_${randomUUID().replaceAll('-', '')}`
  const url = await createDatabase(adminUrl, name, template)
  opened.defer(() => dropDatabase(adminUrl, name))
  const open = opened.move()
  return { url, [Symbol.asyncDispose]: () => open.disposeAsync() }
}

/** A throw-away server, not durable. */
export async function startTestPostgres(): Promise<{ adminUrl: string } & AsyncDisposable> {
  const folder = await mkdtemp(join(tmpdir(), 'firn-test-pg-'))
  const postgres = await startManagedPostgres({
    folder,
    signal: new AbortController().signal,
    log: silentLog,
    durable: false,
  })
  return {
    adminUrl: postgres.adminUrl,
    async [Symbol.asyncDispose]() {
      await postgres.stop()
      await rm(folder, { recursive: true, force: true })
    },
  }
}

async function ownServer(opened: AsyncDisposableStack): Promise<string> {
  return opened.use(await startTestPostgres()).adminUrl
}

const migrations = join(import.meta.dirname, '../../server/src/db/migrations')

/** Made once for each state of the migrations; test files that start together wait for the one that makes it. */
async function ensureTemplate(adminUrl: string): Promise<string> {
  const hash = createHash('sha256')
  for (const file of (await readdir(migrations)).sort()) hash.update(await readFile(join(migrations, file)))
  const name = `firn_template_${hash.digest('hex').slice(0, 16)}`
  const admin = connect(adminUrl, { connectionsMax: 1 })
  try {
    await admin.db.connection().execute(async (connection) => {
      await sql`select pg_advisory_lock(7114102)`.execute(connection)
      const { rows } = await sql`select from pg_database where datname = ${name}`.execute(connection)
      if (rows.length === 0) await makeTemplate(adminUrl, name)
      await sql`select pg_advisory_unlock(7114102)`.execute(connection)
    })
  } finally {
    await admin.close()
  }
  return name
}

async function makeTemplate(adminUrl: string, name: string): Promise<void> {
  const making = `${name}_making`
  await dropDatabase(adminUrl, making)
  const made = connect(await createDatabase(adminUrl, making), { connectionsMax: 2 })
  await migrate(made.db)
  await made.close()
  const admin = connect(adminUrl, { connectionsMax: 1 })
  await sql`alter database ${sql.id(making)} rename to ${sql.id(name)}`.execute(admin.db)
  await admin.close()
}

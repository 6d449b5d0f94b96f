import assert from 'node:assert/strict'
import { test } from 'node:test'
import { openTestDatabase } from '@firn/testkit/database'
import { sql } from 'kysely'
import { connect, type Db, type Reads } from './connect.ts'
import { unread } from './unread.ts'

async function onOneConnection(work: (db: Db) => Promise<void>): Promise<void> {
  await using database = await openTestDatabase()
  const { db, close } = connect(database.url, { connectionsMax: 1 })
  try {
    await work(db)
  } finally {
    await close()
  }
}

const follow = (name: string) => sql`insert into follower (name) values (${name})`
const names = async (db: Reads) =>
  (await db.selectFrom('follower').select('name').orderBy('name').execute()).map((row) => row.name)
const taken = { code: '23505' }

test('a statement whose answer is not read is done in its place, and kept by the commit', () =>
  onOneConnection(async (db) => {
    await db.transaction().execute(async (tx) => {
      await unread(tx, follow('b'))
      await unread(tx, tx.updateTable('follower').set({ name: 'a' }).where('name', '=', 'b'))
      assert.deepEqual(await names(tx), ['a'])
      await unread(tx, follow('b'))
    })
    assert.deepEqual(await names(db), ['a', 'b'])
  }))

test('what goes wrong in it is thrown by the next statement that is waited for', () =>
  onOneConnection(async (db) => {
    await follow('a').execute(db)
    const work = db.transaction().execute(async (tx) => {
      await unread(tx, follow('b'))
      await unread(tx, follow('a'))
      await unread(tx, follow('c'))
      await sql`select 1`.execute(tx)
    })
    await assert.rejects(work, taken)
    assert.deepEqual(await names(db), ['a'])
  }))

test('or by the commit, and nothing of the transaction is kept', () =>
  onOneConnection(async (db) => {
    await follow('a').execute(db)
    const work = db.transaction().execute(async (tx) => {
      await unread(tx, follow('b'))
      await unread(tx, follow('a'))
    })
    await assert.rejects(work, taken)
    assert.deepEqual(await names(db), ['a'])
  }))

for (const isLookedAt of [true, false])
  test(`what the driver itself refuses undoes the transaction${isLookedAt ? '' : ' as its last statement'}`, () =>
    onOneConnection(async (db) => {
      const circle: Record<string, unknown> = {}
      circle.circle = circle
      const work = db.transaction().execute(async (tx) => {
        await unread(tx, follow('a'))
        await unread(tx, sql`select ${circle}::jsonb`)
        if (isLookedAt) await names(tx)
      })
      await assert.rejects(work, /circular/)
      assert.deepEqual(await names(db), [])
    }))

test('what went wrong in one transaction is not thrown by the next', () =>
  onOneConnection(async (db) => {
    await follow('a').execute(db)
    await assert.rejects(
      db.transaction().execute((tx) => unread(tx, follow('a'))),
      taken,
    )
    await assert.rejects(sql`select nothing`.execute(db), { code: '42703' })
    await db.transaction().execute((tx) => unread(tx, follow('b')))
    assert.deepEqual(await names(db), ['a', 'b'])
  }))

test('a transaction that cannot even begin, since its connection was lost, throws', () =>
  onOneConnection(async (db) => {
    const { rows } = await sql<{ pid: number }>`select pg_backend_pid() as pid`.execute(db)
    await db.connection().execute(async (connection) => {
      // Said on the connection itself, so that it is lost when the transaction has been sent.
      const ended = sql`select pg_terminate_backend(${rows[0]?.pid})`.execute(connection)
      const work = connection.transaction().execute((tx) => names(tx))
      await Promise.all([assert.rejects(ended, /terminat/), assert.rejects(work, Error)])
    })
    assert.deepEqual(await names(db), [])
  }))

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { openTestDatabase } from '@firn/testkit/database'
import { sql } from 'kysely'
import { connect } from './connect.ts'
import { unhurried } from './unhurried.ts'

test('a commit does not wait for the disk after such a statement, and the next one does again', async () => {
  await using database = await openTestDatabase()
  const { db, close } = connect(database.url, { connectionsMax: 1 })
  const asked = async (on: typeof db) =>
    (await sql<{ how: string }>`select current_setting('synchronous_commit') as how`.execute(on)).rows[0]?.how
  try {
    await sql`insert into follower (name) values ('reader')`.execute(db)
    await db.transaction().execute(async (tx) => {
      await sql`update follower set id = 7 from ${unhurried} where name = 'reader'`.execute(tx)
      assert.equal(await asked(tx), 'off')
    })
    assert.notEqual(await asked(db), 'off')
  } finally {
    await close()
  }
})

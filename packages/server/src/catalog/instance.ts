import { randomBytes } from 'node:crypto'
import type { Db } from '../db/connect.ts'

/** The installation's key, made at its first start; all replicas share it through the database. */
export async function readInstanceKey(db: Db): Promise<Buffer> {
  await db
    .insertInto('instance')
    .values({ one: true, key: randomBytes(32) })
    .onConflict((conflict) => conflict.doNothing())
    .execute()
  return (await db.selectFrom('instance').select('key').executeTakeFirstOrThrow()).key
}

/** Rows of a farm that never was, for tests of what is read from them. */
import { randomUUID } from 'node:crypto'
import type { Insertable, Kysely } from 'kysely'
import { newId } from '../../catalog/ids.ts'
import type { DB, Task } from '../../db/generated/tables.ts'

export type Seed = Awaited<ReturnType<typeof seedAccount>>

/** An account with a project, and an agent that is online. */
export async function seedAccount(db: Kysely<DB>) {
  const [forgeId, accountId, projectId, tokenId] = [newId(), newId(), newId(), newId()]
  await db.insertInto('forge').values({ id: forgeId, slug: 'local', type: 'git', display_name: 'Local' }).execute()
  await db
    .insertInto('account')
    .values({ id: accountId, forge_id: forgeId, slug: 'local', display_name: 'Local', type: 'Organization' })
    .execute()
  await db.insertInto('project').values({ id: projectId, account_id: accountId, slug: 'hello' }).execute()
  await db
    .insertInto('join_token')
    .values({ id: tokenId, account_id: accountId, hash: Buffer.from(tokenId), description: 'test' })
    .execute()
  const sessionId = await seedSession(db, { accountId, tokenId, hostname: 'build01' })
  return { db, forgeId, accountId, projectId, tokenId, sessionId }
}

async function seedSession(
  db: Kysely<DB>,
  { accountId, tokenId, hostname }: { accountId: string; tokenId: string; hostname: string },
): Promise<string> {
  const id = newId()
  await db
    .insertInto('agent_session')
    .values({
      id,
      account_id: accountId,
      join_token_id: tokenId,
      hash: Buffer.from(id),
      hostname,
      info: '{}',
      platforms: ['x86_64-linux'],
      system_features: [],
      concurrent_tasks: 4,
      start_id: randomUUID(),
      connection_id: randomUUID(),
    })
    .execute()
  return id
}

/** A task that has been waiting for a while, unless told otherwise. */
export async function seedTask(
  { db, accountId, projectId }: Seed,
  more: Partial<Insertable<Task>> = {},
): Promise<string> {
  const id = newId()
  const longAgo = new Date(Date.now() - 600_000)
  await db
    .insertInto('task')
    .values({
      id,
      account_id: accountId,
      project_id: projectId,
      kind: 'build',
      platform: 'x86_64-linux',
      subject: '1',
      queued_at: longAgo,
      not_before: longAgo,
      ...more,
    })
    .execute()
  return id
}

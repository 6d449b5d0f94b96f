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

export type PushSeed = { ref?: string; daysAgo: number; status?: 'Success' | 'Failure'; isOpen?: boolean }

/** A push with its Config job and one job of a handler. */
export async function seedPush({ db, projectId }: Seed, push: PushSeed): Promise<{ config: string; job: string }> {
  const { ref = 'refs/heads/main', daysAgo, status = 'Success', isOpen = false } = push
  const at = new Date(Date.now() - daysAgo * 86_400_000)
  const [config, job] = [newId(), newId()]
  const common = {
    project_id: projectId,
    ref,
    rev: 'r',
    tree: 't',
    message: 'm',
    committer: 'c',
    is_flake: false,
    created_at: at,
  }
  const done = { phase: 'Done' as const, status, ended_at: at }
  const index = await nextIndex(db, projectId)
  await db
    .insertInto('job')
    .values({ id: config, index, type: 'Config', ...common, ...done, status: 'Success' })
    .execute()
  await db
    .insertInto('job')
    .values({
      id: job,
      index: index + 1,
      type: 'OnPush',
      name: 'ci',
      config_job_id: config,
      ...common,
      ...(isOpen ? {} : done),
    })
    .execute()
  return { config, job }
}

async function nextIndex(db: Kysely<DB>, projectId: string): Promise<number> {
  const { max } = await db
    .selectFrom('job')
    .select((eb) => eb.fn.max('index').as('max'))
    .where('project_id', '=', projectId)
    .executeTakeFirstOrThrow()
  return Number(max ?? 0) + 1
}

type DerivationSeed = { status: 'BuildSuccess' | 'BuildFailure'; daysAgo: number; jobs?: string[]; needs?: number[] }

/** A derivation that was built, with its task and a log whose end is as long ago. */
export async function seedBuild(
  seed: Seed,
  { status, daysAgo, jobs = [], needs = [] }: DerivationSeed,
): Promise<{ id: number; task: string }> {
  const { db, accountId } = seed
  const at = new Date(Date.now() - daysAgo * 86_400_000)
  const { id } = await db
    .insertInto('derivation')
    .values({
      account_id: accountId,
      path: `/nix/store/${newId()}.drv`,
      platform: 'x86_64-linux',
      status,
      ended_at: at,
    })
    .returning('id')
    .executeTakeFirstOrThrow()
  for (const job_id of jobs) await db.insertInto('job_derivation').values({ job_id, derivation_id: id }).execute()
  for (const input_id of needs)
    await db
      .insertInto('derivation_input')
      .values({ derivation_id: id, input_id, outputs: ['out'] })
      .execute()
  const outcome = status === 'BuildSuccess' ? ('succeeded' as const) : ('failed' as const)
  const task = await seedTask(seed, { subject: String(id), state: 'ended', outcome, ended_at: at })
  await db.insertInto('log').values({ id: task, account_id: accountId, bytes: 100, lines: 1, ended_at: at }).execute()
  return { id, task }
}

import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { mkdtemp, rm, utimes } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, test } from 'node:test'
import { silentLog } from '@firn/base/log'
import type { Retention } from '@firn/contract/api/operations'
import { openTestDatabase, type TestDatabase } from '@firn/testkit/database'
import { drv } from '@firn/testkit/events'
import { until } from '@firn/testkit/wait'
import { sql } from 'kysely'
import { bringDerivations } from '../../build/bring-derivations.ts'
import { askers, belongings, forgetOldDerivations } from '../../build/forget-derivations.ts'
import { type Connected, connect } from '../../db/connect.ts'
import type { Nudges } from '../../db/nudges.ts'
import { openNudges } from '../../db/nudges.ts'
import { transact } from '../../db/transact.ts'
import { fileBlobs } from '../../logs/blob-store.ts'
import { sweepBlobs } from '../../logs/sweep-blobs.ts'
import { type Seed, seedAccount, seedBuild, seedPush, seedTask } from '../testing/rows.ts'
import { applyRetention } from './apply.ts'
import { previewRetention } from './preview.ts'
import { saveRetention } from './settings.ts'

let database: TestDatabase
let connected: Connected
let nudges: Nudges
let seed: Seed
let folder: string
const never = new AbortController().signal

beforeEach(async () => {
  database = await openTestDatabase()
  connected = connect(database.url, { connectionsMax: 4 })
  nudges = openNudges(database.url, () => {})
  seed = await seedAccount(connected.db)
  folder = await mkdtemp(join(tmpdir(), 'firn-retention-'))
  await seed.db
    .insertInto('git_ref')
    .values({ project_id: seed.projectId, name: 'refs/heads/main', rev: 'r' })
    .execute()
})
afterEach(async () => {
  await nudges.close()
  await connected.close()
  await database[Symbol.asyncDispose]()
  await rm(folder, { recursive: true })
})

const settings = (more: Partial<Retention>): Retention => ({ jobDays: null, logDays: null, failureDays: null, ...more })
const blobs = () => fileBlobs(folder)

async function apply(retention: Retention): Promise<void> {
  await saveRetention(seed.db, seed.accountId, retention)
  await applyRetention({ db: seed.db, blobs: blobs(), nudges, log: silentLog }, never)
}

/** What is announced, and what has gone once it was done. */
async function preview(retention: Retention): Promise<Record<string, number>> {
  const removals = await previewRetention(seed.db, seed.accountId, retention)
  return Object.fromEntries(removals.map(({ what, count }) => [what, count]))
}

const idsOf = async (table: 'job' | 'log' | 'task') =>
  new Set((await seed.db.selectFrom(table).select('id').execute()).map((row) => row.id))
const derivations = async () =>
  new Set((await seed.db.selectFrom('derivation').select('id').execute()).map((row) => row.id))

test('without a setting nothing is removed, however old', async () => {
  const push = await seedPush(seed, { daysAgo: 4000, ref: 'refs/heads/gone' })
  assert.deepEqual(await preview(settings({})), {})
  await apply(settings({}))
  assert.ok((await idsOf('job')).has(push.job))
})

test('old pushes go whole; open ones, the newest of a branch and its newest green one stay', async () => {
  const oldest = await seedPush(seed, { daysAgo: 90 })
  const green = await seedPush(seed, { daysAgo: 80 })
  const red = await seedPush(seed, { daysAgo: 70, status: 'Failure' })
  const newest = await seedPush(seed, { daysAgo: 60, status: 'Failure' })
  const gone = await seedPush(seed, { daysAgo: 60, ref: 'refs/heads/merged' })
  const open = await seedPush(seed, { daysAgo: 60, ref: 'refs/heads/merged', isOpen: true })
  const young = await seedPush(seed, { daysAgo: 5, ref: 'refs/heads/merged' })
  assert.deepEqual(await preview(settings({ jobDays: 30 })), { jobs: 6, builds: 0, agentSessions: 0 })
  await apply(settings({ jobDays: 30 }))
  const left = await idsOf('job')
  for (const push of [oldest, red, gone]) for (const id of Object.values(push)) assert.ok(!left.has(id))
  for (const push of [green, newest, open, young]) for (const id of Object.values(push)) assert.ok(left.has(id))
  assert.deepEqual(await preview(settings({ jobDays: 30 })), { jobs: 0, builds: 0, agentSessions: 0 })
  const { body } = await seed.db
    .selectFrom('announcement')
    .select('body')
    .where('kind', '=', 'jobs.removed')
    .executeTakeFirstOrThrow()
  assert.deepEqual(body, { projectId: seed.projectId })
})

test('builds that no job has any more go with the jobs, and what they needed after them', async () => {
  const old = await seedPush(seed, { daysAgo: 90 })
  const kept = await seedPush(seed, { daysAgo: 60 })
  const shared = await seedBuild(seed, { status: 'BuildSuccess', daysAgo: 90, jobs: [old.job, kept.job] })
  const deep = await seedBuild(seed, { status: 'BuildSuccess', daysAgo: 90 })
  const needed = await seedBuild(seed, { status: 'BuildSuccess', daysAgo: 90, jobs: [old.job], needs: [deep.id] })
  const above = await seedBuild(seed, {
    status: 'BuildSuccess',
    daysAgo: 90,
    jobs: [old.job],
    needs: [needed.id, shared.id],
  })
  assert.deepEqual(await preview(settings({ jobDays: 30 })), { jobs: 2, builds: 3, agentSessions: 0 })
  assert.equal((await derivations()).size, 4, 'to look removes nothing')
  await apply(settings({ jobDays: 30 }))
  assert.deepEqual(await derivations(), new Set([shared.id]))
  const tasks = await idsOf('task')
  for (const { task } of [deep, needed, above]) assert.ok(!tasks.has(task))
  assert.ok(tasks.has(shared.task))
})

test('a failure is remembered while a job shows it, and after that as long as the setting says', async () => {
  const old = await seedPush(seed, { daysAgo: 90, status: 'Failure' })
  const kept = await seedPush(seed, { daysAgo: 60, status: 'Failure' })
  const shown = await seedBuild(seed, { status: 'BuildFailure', daysAgo: 90, jobs: [kept.job] })
  const unshown = await seedBuild(seed, { status: 'BuildFailure', daysAgo: 90, jobs: [old.job] })
  await apply(settings({ jobDays: 30 }))
  assert.deepEqual(await derivations(), new Set([shown.id, unshown.id]), 'jobs going takes no failure along')
  assert.deepEqual(await preview(settings({ failureDays: 30 })), { failures: 1 })
  await apply(settings({ failureDays: 30 }))
  assert.deepEqual(await derivations(), new Set([shown.id]))
})

test('logs go by their age; those of kept pushes, of their builds and of failures that are shown stay', async () => {
  const old = await seedPush(seed, { daysAgo: 90 })
  const kept = await seedPush(seed, { daysAgo: 60 })
  const plain = await seedBuild(seed, { status: 'BuildSuccess', daysAgo: 90, jobs: [old.job] })
  const ofKept = await seedBuild(seed, { status: 'BuildSuccess', daysAgo: 90, jobs: [old.job, kept.job] })
  const failed = await seedBuild(seed, { status: 'BuildFailure', daysAgo: 90, jobs: [old.job] })
  const young = await seedBuild(seed, { status: 'BuildSuccess', daysAgo: 3, jobs: [old.job] })
  const [removal] = await previewRetention(seed.db, seed.accountId, settings({ logDays: 30 }))
  assert.deepEqual([removal?.what, removal?.count, removal?.bytes], ['logs', 1, 100])
  await apply(settings({ logDays: 30 }))
  const left = await idsOf('log')
  assert.ok(!left.has(plain.task))
  for (const { task } of [ofKept, failed, young]) assert.ok(left.has(task))
  assert.ok((await idsOf('task')).has(plain.task), 'that it was built is still known')
})

async function countBlobs(): Promise<number> {
  let n = 0
  for await (const _ of blobs().list('logs/')) n++
  return n
}

async function putLogBlob(log: string): Promise<string> {
  const key = `logs/${log.slice(-2)}/${log}/${randomUUID()}.zst`
  await blobs().put(key, Buffer.from('x'))
  return key
}

test('blobs go after the rows that named them, and what a crash left behind is swept a day later', async () => {
  const old = await seedPush(seed, { daysAgo: 90 })
  await seedPush(seed, { daysAgo: 60 })
  const [removed, kept] = [
    await seedBuild(seed, { status: 'BuildSuccess', daysAgo: 90, jobs: [old.job] }),
    await seedBuild(seed, { status: 'BuildSuccess', daysAgo: 3, jobs: [old.job] }),
  ]
  for (const { task } of [removed, kept]) {
    const blob = await putLogBlob(task)
    await seed.db.insertInto('log_piece').values({ log_id: task, first_line: 0, lines: 1, blob, bytes: 1 }).execute()
  }
  await apply(settings({ logDays: 30 }))
  assert.equal(await countBlobs(), 1)

  const orphan = await putLogBlob(removed.task)
  const yesterday = new Date(Date.now() - 2 * 86_400_000)
  await putLogBlob(removed.task)
  for await (const { key } of blobs().list('logs/'))
    if (key === orphan || key.includes(kept.task)) await utimes(join(folder, key), yesterday, yesterday)
  assert.equal(await sweepBlobs({ db: seed.db, blobs: blobs() }, { now: Date.now(), signal: never }), 1)
  assert.equal(await countBlobs(), 2, 'one that a row names, and one that may yet get its row')
})

test('what is removed is what was shown, failures that need what succeeded and the reverse among it', async () => {
  const old = await seedPush(seed, { daysAgo: 90, status: 'Failure' })
  const kept = await seedPush(seed, { daysAgo: 60, status: 'Failure' })
  const base = await seedBuild(seed, { status: 'BuildSuccess', daysAgo: 90 })
  const broken = await seedBuild(seed, { status: 'BuildFailure', daysAgo: 90, jobs: [old.job], needs: [base.id] })
  // Built after the failure was got from elsewhere, so it needs it and yet succeeded.
  await seedBuild(seed, { status: 'BuildSuccess', daysAgo: 90, jobs: [old.job], needs: [broken.id] })
  const tool = await seedBuild(seed, { status: 'BuildSuccess', daysAgo: 90 })
  const shown = await seedBuild(seed, { status: 'BuildFailure', daysAgo: 90, jobs: [kept.job], needs: [tool.id] })
  const wanted = settings({ jobDays: 30, failureDays: 30 })
  assert.deepEqual(await preview(wanted), { jobs: 2, builds: 2, agentSessions: 0, failures: 1 })
  await apply(wanted)
  assert.deepEqual(await derivations(), new Set([tool.id, shown.id]))
  assert.deepEqual(await preview(wanted), { jobs: 0, builds: 0, agentSessions: 0, failures: 0 })
  const { rows } = await sql`select from derivation_input i where not exists
    (select from derivation d where d.id = i.derivation_id) or not exists
    (select from derivation d where d.id = i.input_id)`.execute(seed.db)
  assert.equal(rows.length, 0, 'no edge leads to what is gone')
})

test('a push is kept while a build of it is waited for again', async () => {
  const retried = await seedPush(seed, { daysAgo: 90, status: 'Failure' })
  await seedPush(seed, { daysAgo: 60 })
  const { id } = await seedBuild(seed, { status: 'BuildFailure', daysAgo: 90, jobs: [retried.job] })
  await sql`update derivation set status = 'Waiting', ended_at = null, requested_at = now() where id = ${id}`.execute(
    seed.db,
  )
  assert.deepEqual(await preview(settings({ jobDays: 30 })), { jobs: 0, builds: 0, agentSessions: 0 })
  await apply(settings({ jobDays: 30 }))
  assert.ok((await idsOf('job')).has(retried.job))
})

test('every table that names a derivation keeps it or goes with it', async () => {
  const { rows } = await sql<{ at: string }>`
    select table_name || '.' || column_name as at from information_schema.columns
    where table_schema = 'public' and column_name in ('derivation_id', 'input_id')
    union
    select conrelid::regclass || '.' || attname from pg_constraint join pg_attribute on attrelid = conrelid and attnum = any(conkey)
    where contype = 'f' and confrelid = 'derivation'::regclass`.execute(seed.db)
  const handled = [...askers, ...belongings].map((table) => `${table}.derivation_id`)
  assert.deepEqual(new Set(rows.map((row) => row.at)), new Set([...handled, 'derivation_input.input_id']))
})

test('what goes with a derivation leaves no row behind', async () => {
  const { id } = await seedBuild(seed, { status: 'BuildSuccess', daysAgo: 90 })
  await sql`insert into derivation_output (derivation_id, name, is_fixed) values (${id}, 'out', false)`.execute(seed.db)
  await sql`insert into output_seen (derivation_id, name, store) values (${id}, 'out', 'auto')`.execute(seed.db)
  await sql`insert into missing_inputs (derivation_id, attempt, rounds) values (${id}, 1, 1)`.execute(seed.db)
  await sql`insert into later_attempt (derivation_id, attempt, is_reset) values (${id}, 2, true)`.execute(seed.db)
  await sql`insert into derivation_input (derivation_id, input_id, outputs) values (${id}, ${id + 1000}, '{out}')`.execute(
    seed.db,
  )
  await apply(settings({ jobDays: 30 }))
  for (const table of ['derivation', 'task', 'log', ...belongings]) {
    const { rows } = await sql`select from ${sql.table(table)}`.execute(seed.db)
    assert.equal(rows.length, 0, table)
  }
})

test('a job whose findings are being taken over is not removed meanwhile', async () => {
  const old = await seedPush(seed, { daysAgo: 90 })
  await seedPush(seed, { daysAgo: 60 })
  await transact(seed.db, async (tx) => {
    await tx.selectFrom('job').select('id').where('id', '=', old.config).forKeyShare().execute()
    await apply(settings({ jobDays: 30 }))
  })
  assert.ok((await idsOf('job')).has(old.config))
  await apply(settings({ jobDays: 30 }))
  assert.ok(!(await idsOf('job')).has(old.config))
})

test('a removal that is cut off in the middle removes nothing, and is done whole by the next', async () => {
  const old = await seedPush(seed, { daysAgo: 90 })
  await seedPush(seed, { daysAgo: 60 })
  const subject = old.config
  const task = await seedTask(seed, {
    kind: 'evaluate',
    subject,
    state: 'ended',
    outcome: 'succeeded',
    ended_at: new Date(0),
  })
  await seed.db
    .insertInto('log')
    .values({ id: task, account_id: seed.accountId, ended_at: new Date(0) })
    .execute()
  await transact(seed.db, async (tx) => {
    // The jobs are deleted first and the removal then waits for this row: there its connection breaks.
    await tx.selectFrom('task').select('id').where('id', '=', task).forUpdate().execute()
    const removal = assert.rejects(apply(settings({ jobDays: 30 })), /terminat/)
    await until('the removal to wait in its middle', async () => {
      const { rows } = await sql`select pg_terminate_backend(pid) from pg_stat_activity
        where datname = current_database() and wait_event_type = 'Lock' and query like '%delete from task%'`.execute(
        seed.db,
      )
      return rows.length > 0
    })
    await removal
  })
  assert.ok((await idsOf('job')).has(old.config))
  assert.ok((await idsOf('log')).has(task))
  await apply(settings({ jobDays: 30 }))
  assert.ok(!(await idsOf('job')).has(old.config))
  assert.ok(!(await idsOf('log')).has(task) && !(await idsOf('task')).has(task))
})

test('a derivation that an evaluation has just found is not forgotten before it is asked for', async () => {
  const path = drv('found-again')
  const { id } = await seed.db
    .insertInto('derivation')
    .values({ account_id: seed.accountId, path, status: 'BuildSuccess', ended_at: new Date(0) })
    .returning('id')
    .executeTakeFirstOrThrow()
  const push = await seedPush(seed, { daysAgo: 0 })
  const found = Promise.withResolvers<void>()
  const forgotten = Promise.withResolvers<void>()
  const evaluation = transact(seed.db, async (tx) => {
    const brought = await bringDerivations(tx, seed.accountId, [path])
    found.resolve()
    await forgotten.promise
    await tx
      .insertInto('job_derivation')
      .values({ job_id: push.job, derivation_id: brought.get(path)?.id ?? 0 })
      .execute()
  })
  await found.promise
  const forgetting = forgetOldDerivations(seed.db, { accountId: seed.accountId, days: 1, which: 'others' })
  await until('it to wait for the evaluation', async () => {
    const { rows } = await sql`select from pg_locks where locktype = 'advisory' and not granted`.execute(seed.db)
    return rows.length > 0
  })
  forgotten.resolve()
  await evaluation
  assert.equal((await forgetting).removed, 0)
  assert.deepEqual(await derivations(), new Set([id]))
})

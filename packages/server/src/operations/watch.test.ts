import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { openLog } from '@firn/base/log'
import { openTestDatabase, type TestDatabase } from '@firn/testkit/database'
import { sql } from 'kysely'
import { type Connected, connect } from '../db/connect.ts'
import { type Seed, seedAccount, seedPush, seedTask } from './testing/rows.ts'
import { currentAlerts, lookAround } from './watch.ts'

let database: TestDatabase
let connected: Connected
let seed: Seed
const lines: { msg: string; alert: string; level: number }[] = []
const log = openLog('info', { write: (line) => lines.push(JSON.parse(line)) })

before(async () => {
  database = await openTestDatabase()
  connected = connect(database.url, { connectionsMax: 2 })
  seed = await seedAccount(connected.db)
  await dispatchTurns('0')
  await sql`insert into heartbeat (name, at) values ('watchdog', now() + interval '1 hour')`.execute(seed.db)
})
after(async () => {
  await connected.close()
  await database[Symbol.asyncDispose]()
})

const minutesAgo = (n: number) => new Date(Date.now() - n * 60_000)
const look = (mended = 0, everyMs = 0) => lookAround({ db: seed.db, log }, { everyMs, lostAfterS: 180, mended })
const dispatchTurns = (ago: string) =>
  sql`insert into heartbeat (name, at) values ('dispatch', now() - ${ago}::interval)
    on conflict (name) do update set at = excluded.at`.execute(seed.db)
const standing = async () => (await currentAlerts(seed.db)).map((alert) => alert.kind)

/** Sees `kind` twice, which is told once; then it is mended, and told to be over once. */
async function comesAndGoes(kind: string, mend: () => Promise<unknown>, mended = 0): Promise<void> {
  lines.length = 0
  await look(mended)
  assert.deepEqual(await standing(), [], 'what was seen once may be over')
  await look(mended)
  await look(mended)
  assert.deepEqual(await standing(), [kind])
  assert.deepEqual(
    lines.map((line) => [line.alert, line.level]),
    [[kind, 40]],
  )
  await mend()
  await look()
  assert.deepEqual(await standing(), [])
  assert.deepEqual(
    lines.map((line) => line.level),
    [40, 30],
  )
  assert.match(lines[1]?.msg ?? '', /^no longer so: /)
}

const endTasks = () =>
  sql`update task set state = 'ended', outcome = 'succeeded', ended_at = now() - interval '2 minutes'`.execute(seed.db)

test('a task that waits although a suitable agent has had a free slot is an alert while it lasts', async () => {
  await seedTask(seed)
  await comesAndGoes('idle-agent', endTasks)
})

test('a task that no agent can do is another', async () => {
  await seedTask(seed, { platform: 'riscv64-linux' })
  await comesAndGoes('no-agent', endTasks)
})

test('so is one that an agent was given and has not begun', async () => {
  const ago = minutesAgo(5)
  await seedTask(seed, { state: 'assigned', session_id: seed.sessionId, assigned_at: ago })
  await comesAndGoes('not-begun', endTasks)
})

test('what an agent was given beyond its slots waits rightly', async () => {
  const ago = minutesAgo(5)
  const at = { session_id: seed.sessionId, assigned_at: ago }
  for (let i = 0; i < 4; i++) await seedTask(seed, { state: 'started', started_at: ago, ...at })
  await seedTask(seed, { state: 'assigned', ...at })
  await look()
  await look()
  assert.deepEqual(await standing(), [])
  await endTasks()
})

test('a build whose agent is silent is another', async () => {
  await seedTask(seed, {
    state: 'started',
    session_id: seed.sessionId,
    assigned_at: new Date(),
    started_at: new Date(),
  })
  await sql`update agent_session set last_seen = now() - interval '2 minutes', connection_id = null`.execute(seed.db)
  await comesAndGoes('silent-agent', endTasks)
  await sql`update agent_session set last_seen = now(), connection_id = start_id`.execute(seed.db)
})

test('a log without an end, though its task has long had one, is another', async () => {
  const id = await seedTask(seed, { state: 'ended', outcome: 'failed', ended_at: minutesAgo(60) })
  await sql`insert into log (id, account_id) values (${id}, ${seed.accountId})`.execute(seed.db)
  await comesAndGoes('endless-log', () => sql`update log set ended_at = now()`.execute(seed.db))
})

test('derivations that waited for nothing are told', async () => {
  await comesAndGoes('forgotten-derivation', async () => {}, 2)
})

test('two looks in one moment are one, whichever replicas look', async () => {
  await seedTask(seed)
  await look()
  await look(0, 60_000)
  assert.deepEqual(await standing(), [])
  await look()
  assert.deepEqual(await standing(), ['idle-agent'])
  await endTasks()
  await look()
})

test('work that every suitable agent declines is told with the reason', async () => {
  const load = { average: 0, cpus: 1, memory: { freeMegabytes: 1, totalMegabytes: 1 }, disks: [], draining: true }
  await sql`update agent_session set load = ${JSON.stringify(load)}`.execute(seed.db)
  await seedTask(seed)
  await look()
  await look()
  const [alert] = await currentAlerts(seed.db)
  assert.equal(alert?.kind, 'no-agent')
  assert.match(alert?.cause ?? '', /agent build01 takes no work \(it is being stopped/)
  await sql`update agent_session set load = null`.execute(seed.db)
  await endTasks()
  await look()
})

test('dispatch that stands still is told at once on the page, and by the watchdog to the log', async () => {
  lines.length = 0
  await dispatchTurns('10 minutes')
  assert.deepEqual(await standing(), ['dispatch-still'])
  await look()
  await look()
  assert.deepEqual(await standing(), ['dispatch-still'])
  assert.deepEqual(
    lines.map((line) => line.alert),
    ['dispatch-still'],
  )
  await dispatchTurns('0')
  await look()
  assert.deepEqual(await standing(), [])
})

test('a job that nobody evaluates, and one whose builds have all ended, are told until they are done', async () => {
  const { job: unevaluated } = await seedPush(seed, { daysAgo: 1, isOpen: true })
  const { job: built } = await seedPush(seed, { daysAgo: 1, isOpen: true })
  await sql`insert into evaluation (id, job_id, state, settings, started_at, ended_at) values
    (gen_random_uuid(), ${unevaluated}, 'running', '{}', now() - interval '1 hour', null),
    (gen_random_uuid(), ${built}, 'succeeded', '{}', now() - interval '1 hour', now() - interval '1 hour')`.execute(
    seed.db,
  )
  await look()
  await look()
  const alerts = await currentAlerts(seed.db)
  assert.deepEqual(
    new Set(alerts.map((alert) => alert.key)),
    new Set([`stuck-job ${unevaluated}`, `stuck-job ${built}`]),
  )
  const causes = alerts.map((alert) => alert.cause).join(' ')
  assert.match(causes, /Job hello #2 has not been evaluated.*Job hello #4 is not done|#4 is not done.*#2 has not/)
  await seedTask(seed, { kind: 'evaluate', subject: unevaluated, queued_at: new Date(), not_before: new Date() })
  await sql`update job set phase = 'Done', status = 'Success', ended_at = now() where id = ${built}`.execute(seed.db)
  await look()
  assert.deepEqual(await standing(), [])
  await endTasks()
  await sql`update job set phase = 'Done', status = 'Success', ended_at = now() where ended_at is null`.execute(seed.db)
})

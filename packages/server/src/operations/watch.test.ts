import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { openLog } from '@firn/base/log'
import { openTestDatabase, type TestDatabase } from '@firn/testkit/database'
import { sql } from 'kysely'
import { type Connected, connect } from '../db/connect.ts'
import { type Seed, seedAccount, seedTask } from './testing/rows.ts'
import { lookAround, standingAlerts } from './watch.ts'

let database: TestDatabase
let connected: Connected
let seed: Seed
const lines: { msg: string; alert: string; level: number }[] = []
const log = openLog('info', { write: (line) => lines.push(JSON.parse(line)) })

before(async () => {
  database = await openTestDatabase()
  connected = connect(database.url, { connectionsMax: 2 })
  seed = await seedAccount(connected.db)
})
after(async () => {
  await connected.close()
  await database[Symbol.asyncDispose]()
})

const minutesAgo = (n: number) => new Date(Date.now() - n * 60_000)
const look = (mended = 0) => lookAround({ db: seed.db, log }, { lostAfterS: 180, mended })
const standing = async () => (await standingAlerts(seed.db)).map((alert) => alert.kind)

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

import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { test } from 'node:test'
import { startTestPostgres } from '@firn/testkit/database'
import { startInstallation } from '@firn/testkit/installation'
import { until } from '@firn/testkit/wait'
import { sql } from 'kysely'
import { connect } from '../db/connect.ts'
import { createDatabase } from '../db/databases.ts'

type Answer = { status: number; body: { ok?: boolean; because?: string; message?: string } }

async function ask(firn: { url: string }, path: string): Promise<Answer> {
  const answer = await fetch(`${firn.url}/api/v1/health/${path}`)
  return { status: answer.status, body: (await answer.json()) as Answer['body'] }
}

async function metricsOf(firn: { url: string }): Promise<string> {
  const answer = await fetch(`${firn.url}/metrics`)
  assert.equal(answer.status, 200)
  return answer.text()
}

/** An installation on a PostgreSQL that the test may harm. */
async function startOnOwn() {
  const postgres = await startTestPostgres()
  const databaseUrl = await createDatabase(postgres.adminUrl, 'firn_health')
  const firn = await startInstallation({ env: { DATABASE_URL: databaseUrl }, mayFail: true })
  return {
    firn,
    databaseUrl,
    stopPostgres: () => postgres[Symbol.asyncDispose](),
    async [Symbol.asyncDispose]() {
      await firn[Symbol.asyncDispose]()
      await postgres[Symbol.asyncDispose]()
    },
  }
}

/** Tells all processes of a PostgreSQL, its parent first, so that no further ones come up unheard. */
async function processesOf(databaseUrl: string): Promise<(signal: NodeJS.Signals) => Promise<void>> {
  const { db, close } = connect(databaseUrl, { connectionsMax: 1 })
  const { rows } = await sql<{ pid: number }>`select pg_backend_pid() as pid`.execute(db)
  const stat = await readFile(`/proc/${rows[0]?.pid}/stat`, 'utf8')
  await close()
  const parent = Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1])
  return async (signal) => {
    process.kill(parent, signal)
    const children = await readFile(`/proc/${parent}/task/${parent}/children`, 'utf8')
    for (const pid of children.trim().split(' ')) process.kill(Number(pid), signal)
  }
}

test('5.2 health/db, health/queue and health/github say ok with a reason while all is well', async () => {
  await using firn = await startInstallation()
  assert.deepEqual(await ask(firn, 'db'), {
    status: 200,
    body: { ok: true, because: 'The database answers and takes changes.' },
  })
  await until('both loops to have turned', async () => (await ask(firn, 'queue')).status === 200)
  const github = await ask(firn, 'github')
  assert.equal(github.status, 200)
  assert.match(github.body.because ?? '', /no GitHub forge/)
})

test('5.2 a database that was stopped makes health/db and health/queue 503, and /metrics says so', async () => {
  await using own = await startOnOwn()
  assert.equal((await ask(own.firn, 'db')).status, 200)
  await own.stopPostgres()
  for (const path of ['db', 'queue']) {
    const { status, body } = await ask(own.firn, path)
    assert.equal(status, 503, path)
    assert.match(body.message ?? '', /did not answer.*See whether PostgreSQL runs/)
  }
  assert.equal((await ask(own.firn, 'github')).status, 200)
  assert.match(await metricsOf(own.firn), /^firn_database_up 0$/m)
})

test('5.2 a database that hangs without a word makes health/db 503, and 200 again when it goes on', async () => {
  await using own = await startOnOwn()
  const tell = await processesOf(own.databaseUrl)
  await tell('SIGSTOP')
  try {
    assert.equal((await ask(own.firn, 'db')).status, 503)
    const metrics = await metricsOf(own.firn)
    assert.match(metrics, /^firn_database_up 0$/m)
    assert.doesNotMatch(metrics, /^firn_agents_online \d/m, 'what is not known is left out')
    const person = { authorization: `Bearer ${own.firn.token}` }
    const late = await fetch(`${own.firn.url}/metrics`, { headers: person })
    assert.equal(late.status, 503)
    assert.match(await late.text(), /cannot be seen who asks/)
  } finally {
    await tell('SIGCONT')
  }
  await until('the database to answer', async () => (await ask(own.firn, 'db')).status === 200)
})

/** As a standby is, or a server whose disk is nearly full: for all connections, those that are open too. */
async function makeReadOnly(databaseUrl: string, readOnly: boolean): Promise<void> {
  const { db, close } = connect(databaseUrl, { connectionsMax: 1 })
  await db.connection().execute(async (connection) => {
    await sql`set default_transaction_read_only = off`.execute(connection)
    await sql`alter database firn_health set default_transaction_read_only = ${sql.lit(readOnly)}`.execute(connection)
    await sql`select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()`.execute(
      connection,
    )
  })
  await close()
}

test('5.2 a database that takes no changes makes health/db 503, and 200 again when it does', async () => {
  await using own = await startOnOwn()
  await makeReadOnly(own.databaseUrl, true)
  const sick = await until('the refusal', async () => {
    const answer = await ask(own.firn, 'db')
    return answer.body.message?.includes('takes no changes') && answer
  })
  assert.equal(sick.status, 503)
  await makeReadOnly(own.databaseUrl, false)
  await until('the database to take changes', async () => (await ask(own.firn, 'db')).status === 200)
})

test('5.2 health/queue is 503 while dispatch stands still, or news is not delivered, on every replica', async () => {
  await using firn = await startInstallation()
  await until('all loops to have turned', async () => (await ask(firn, 'queue')).status === 200)
  const { db, close } = connect(firn.databaseUrl, { connectionsMax: 2 })
  try {
    // A follower of a replica that is gone, with an announcement it never saw.
    await sql`insert into announcement (kind, body, at) values ('agents.changed', '{"accountId": "x"}', now() - interval '5 minutes')`.execute(
      db,
    )
    await sql`insert into follower (name) values ('gone')`.execute(db)
    const { status, body } = await ask(firn, 'queue')
    assert.equal(status, 503)
    assert.match(body.message ?? '', /news for "gone" is 5 min.* behind/)
  } finally {
    await close()
  }
})

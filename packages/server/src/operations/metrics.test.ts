import assert from 'node:assert/strict'
import { test } from 'node:test'
import { openDesk } from '@firn/testkit/desk'
import { drv, wanted } from '@firn/testkit/events'
import { type Installation, startInstallation } from '@firn/testkit/installation'
import { joinPuppet, successful, terminated } from '@firn/testkit/puppet-agent'
import { openRepository } from '@firn/testkit/repository'
import { until } from '@firn/testkit/wait'
import { sql } from 'kysely'
import { connect } from '../db/connect.ts'

const token = 'a-token-for-prometheus'

async function scrape(firn: Installation): Promise<string> {
  const answer = await fetch(`${firn.url}/metrics`, { headers: { authorization: `Bearer ${token}` } })
  assert.equal(answer.status, 200)
  return answer.text()
}

async function push(firn: Installation, project: string): Promise<void> {
  await using repository = await openRepository()
  await repository.commit({ 'ci.nix': '{ }' })
  await repository.push(firn.remote(project))
}

/** Evaluates a push with three builds: one succeeds, one fails, one is left waiting for another platform. */
async function work(firn: Installation): Promise<void> {
  const puppet = await joinPuppet(firn)
  const { line } = await puppet.connect()
  await push(firn, 'secret-project')
  const evaluation = await line.task()
  assert.ok(evaluation.payload.tag === 'StartEvaluation')
  line.tell({ tag: 'Started', contents: { taskId: evaluation.payload.contents.id } })
  await puppet.sendEvents(evaluation.payload.contents.id, [...wanted('good'), ...wanted('bad')])
  await puppet.sendStatus(evaluation.payload.contents.id, successful)
  for (let i = 0; i < 2; i++) {
    const { payload } = await line.task()
    assert.ok(payload.tag === 'StartBuild')
    const { id, derivationPath } = payload.contents
    line.tell({ tag: 'Started', contents: { taskId: id } })
    await puppet.sendStatus(id, derivationPath === drv('bad') ? terminated : successful)
  }
}

test('/metrics counts tasks by outcome, and names no project unless asked to', async () => {
  await using firn = await startInstallation({ env: { FIRN_METRICS_TOKEN: token } })
  await work(firn)
  await push(firn, 'secret-project-2')
  const text = await until('the agent and the open job', async () => {
    const now = await scrape(firn)
    return /^firn_agents_online 1$/m.test(now) && /^firn_jobs_open\{phase="Queued"\} 1$/m.test(now) && now
  })
  for (const line of [
    /^firn_tasks_ended_total\{kind="build",outcome="succeeded"\} 1$/m,
    /^firn_tasks_ended_total\{kind="build",outcome="failed"\} 1$/m,
    /^firn_tasks_ended_total\{kind="evaluate",outcome="succeeded"\} 1$/m,
    /^firn_task_queued_seconds_count\{kind="build"\} 2$/m,
    /^firn_agent_slots 2$/m,
    /^firn_database_up 1$/m,
    /^firn_sockets\{of="agent"\} 1$/m,
    /^firn_database_retries_total \d+$/m,
    /^firn_outbox_lag_seconds\{follower="jobs"\} /m,
    /^firn_http_request_seconds_count\{method="POST",route="\/api\/v1\/tasks\/:id",status="204"\} 3$/m,
    /^nodejs_eventloop_lag_seconds /m,
    /^process_resident_memory_bytes /m,
  ])
    assert.match(text, line)
  assert.doesNotMatch(text, /secret-project/)
})

test('what an agent gave back before it began is counted as that, and is no trouble and no evaluation', async () => {
  await using firn = await startInstallation({ env: { FIRN_METRICS_TOKEN: token } })
  using desk = await openDesk(firn)
  const declined = { tag: 'Exceptional' as const, contents: 'no slot is free', firn: { declined: true as const } }
  const { project } = await desk.push()
  await desk.puppet.sendStatus((await desk.evaluation()).id, declined)
  const given = await desk.evaluation()
  const [job] = await desk.jobs(project)
  assert.equal(job?.because, 'Given to agent puppet; about to start.')
  await desk.puppet.sendEvents(given.id, wanted('declined'))
  await desk.puppet.sendStatus(given.id, successful)
  for (let i = 0; i < 3; i++) await desk.finishBuild(declined)
  await desk.finishBuild(successful)
  const text = await scrape(firn)
  assert.match(text, /^firn_tasks_ended_total\{kind="evaluate",outcome="declined"\} 1$/m)
  assert.match(text, /^firn_tasks_ended_total\{kind="build",outcome="declined"\} 3$/m)
  assert.match(text, /^firn_task_queued_seconds_count\{kind="build"\} 1$/m)
  assert.doesNotMatch(text, /outcome="(lost|broken)"/)
  const { minutes } = await firn.client.firn.operations()
  const sum = (of: 'broken' | 'evaluated') => minutes.reduce((all, minute) => all + minute[of], 0)
  assert.deepEqual([sum('broken'), sum('evaluated')], [0, 1])
})

test('what was cancelled is counted, and a pause before a retry is no time that somebody waited', async () => {
  await using firn = await startInstallation({ env: { FIRN_METRICS_TOKEN: token } })
  using desk = await openDesk(firn)
  const { project } = await desk.push()
  const evaluation = await desk.evaluation()
  await desk.puppet.sendEvents(evaluation.id, [...wanted('broken'), ...wanted('ended')])
  const broken = await desk.build()
  desk.line.tell({ tag: 'Started', contents: { taskId: broken.id } })
  await desk.puppet.sendStatus(broken.id, { tag: 'Exceptional', contents: 'no luck' })
  await desk.build()
  const { db, close } = connect(firn.databaseUrl, { connectionsMax: 1 })
  await sql`update task set not_before = now() + interval '1 hour', queued_at = now() - interval '1 hour'
    where state = 'queued'`.execute(db)
  await close()
  assert.match(await scrape(firn), /^firn_queue_oldest_seconds\{kind="build",platform="x86_64-linux"\} 0$/m)
  await firn.client.jobs.cancel({ id: (await desk.jobs(project))[0]?.id ?? '' })
  const text = await scrape(firn)
  assert.match(text, /^firn_tasks_ended_total\{kind="evaluate",outcome="cancelled"\} 1$/m)
  assert.match(text, /^firn_tasks_ended_total\{kind="build",outcome="cancelled"\} 2$/m)
})

test('/metrics names projects where the setting says so', async () => {
  await using firn = await startInstallation({ env: { FIRN_METRICS_TOKEN: token, FIRN_METRICS_PROJECTS: 'true' } })
  await push(firn, 'named')
  assert.match(await scrape(firn), /^firn_jobs_open\{phase="Queued",project="local\/local\/named"\} 1$/m)
})

test('/metrics is for readers and for the token, never for the network', async () => {
  const env = { FIRN_HOST: '0.0.0.0', FIRN_METRICS_TOKEN: token }
  await using firn = await startInstallation({ env })
  const ask = async (authorization?: string) =>
    (await fetch(`${firn.url}/metrics`, { headers: authorization === undefined ? {} : { authorization } })).status
  assert.equal(await ask(), 401)
  assert.equal(await ask('Bearer another-token-altogether'), 401)
  assert.equal(await ask(`Bearer ${token}`), 200)
  assert.equal(await ask(`Bearer ${firn.token}`), 200)
  const other = await fetch(`${firn.url}/api/v1/firn/home`, { headers: { authorization: `Bearer ${token}` } })
  assert.equal(other.status, 401, 'the token is good for metrics only')
})

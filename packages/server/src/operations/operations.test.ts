import assert from 'node:assert/strict'
import { test } from 'node:test'
import { openLog } from '@firn/base/log'
import { drv, wanted } from '@firn/testkit/events'
import { type Installation, startInstallation } from '@firn/testkit/installation'
import { joinPuppet, successful, terminated } from '@firn/testkit/puppet-agent'
import { openRepository } from '@firn/testkit/repository'
import { until } from '@firn/testkit/wait'

/** An agent, and the evaluation that it is given for a push. */
async function pushTo(firn: Installation, repository: Awaited<ReturnType<typeof openRepository>>) {
  const puppet = await joinPuppet(firn)
  const { line } = await puppet.connect()
  await repository.commit({ 'ci.nix': '{ }' })
  await repository.push(firn.remote('p'))
  const { payload } = await line.task()
  assert.ok(payload.tag === 'StartEvaluation')
  return { puppet, line, evaluation: payload.contents }
}

type Line = Record<string, unknown> & { msg: string; level: number }

function recordLog() {
  const lines: Line[] = []
  const log = openLog('info', { write: (text) => lines.push(JSON.parse(text)) })
  return { log, lines, of: (msg: string) => lines.filter((line) => line.msg === msg) }
}

test('a push is few lines of the log, with ids as fields and without a token', async () => {
  const { log, lines, of } = recordLog()
  await using firn = await startInstallation({ log })
  await using repository = await openRepository()
  const { puppet, line, evaluation } = await pushTo(firn, repository)
  const builds = Array.from({ length: 6 }, (_, i) => `b${i}`)
  await puppet.sendEvents(
    evaluation.id,
    [...builds, 'bad'].flatMap((name) => wanted(name)),
  )
  await puppet.sendStatus(evaluation.id, successful)
  const tokens = [evaluation.logToken]
  for (let i = 0; i < 7; i++) {
    const { payload } = await line.task()
    assert.ok(payload.tag === 'StartBuild')
    const { id, derivationPath, logToken } = payload.contents
    tokens.push(logToken)
    line.tell({ tag: 'Started', contents: { taskId: id } })
    await puppet.sendStatus(id, derivationPath === drv('bad') ? terminated : successful)
  }
  await until('the line of the job', async () => of('job ended').length > 0)
  const [made] = of('job made')
  const [ended] = of('job ended')
  assert.deepEqual([made?.project, made?.type, ended?.job, ended?.status], ['p', 'Config', made?.job, 'Failure'])
  assert.equal(of('agent connected')[0]?.host, 'puppet')
  assert.equal(of('evaluation succeeded')[0]?.job, made?.job)
  const [failed] = of('build failed')
  assert.ok(typeof failed?.task === 'string' && typeof failed.agent === 'string')
  assert.ok(lines.length < 12, `${lines.length} lines: ${lines.map((each) => each.msg).join('; ')}`)
  const all = JSON.stringify(lines)
  for (const secret of [...tokens, firn.token, puppet.sessionToken]) assert.ok(!all.includes(secret))
})

test('the page of operations says what waits and why, and what was done', async () => {
  await using firn = await startInstallation()
  await using repository = await openRepository()
  const { puppet, line, evaluation } = await pushTo(firn, repository)
  line.tell({ tag: 'Started', contents: { taskId: evaluation.id } })
  await puppet.sendStatus(evaluation.id, successful)
  line.drop()
  await repository.commit({ 'ci.nix': '{ a = 1; }' })
  await repository.push(firn.remote('p'))
  const shown = await until('the second push to wait', async () => {
    const now = await firn.client.firn.operations()
    return now.queue.length === 1 && now.agents[0]?.online === false && now
  })
  assert.equal(shown.queue[0]?.platform, 'evaluation')
  assert.match(shown.queue[0]?.because ?? '', /^Waiting for agent: none is online/)
  assert.equal(shown.minutes.length, 60)
  assert.equal(
    shown.minutes.reduce((sum, minute) => sum + minute.evaluated, 0),
    1,
  )
  assert.ok(shown.databaseBytes > 1_000_000 && (shown.dispatch?.p50Ms ?? -1) >= 0)
})

test('retention is shown before it is saved, and changed by people only', async () => {
  await using firn = await startInstallation()
  const [account] = await firn.client.accounts.list({})
  const id = account?.id ?? ''
  assert.deepEqual(await firn.client.firn.retention({ id }), { jobDays: null, logDays: null, failureDays: null })
  const preview = await firn.client.firn.previewRetention({ id, jobDays: 30, logDays: 10 })
  assert.deepEqual(
    preview.map(({ what, count }) => [what, count]),
    [
      ['jobs', 0],
      ['builds', 0],
      ['agentSessions', 0],
      ['logs', 0],
    ],
  )
  const wanted = { jobDays: 30, logDays: null, failureDays: 7 }
  const body = JSON.stringify(wanted)
  const put = (headers: Record<string, string>) =>
    fetch(`${firn.url}/api/v1/firn/accounts/${id}/retention`, {
      method: 'PUT',
      headers: { 'content-type': 'application/json', ...headers },
      body,
    })
  assert.equal((await put({})).status, 401)
  assert.equal((await put({ authorization: `Bearer ${firn.token}` })).status, 200)
  assert.deepEqual(await firn.client.firn.retention({ id }), wanted)
  const [entry] = await firn.client.firn.audit({ id })
  assert.equal(entry?.deed, 'changed what is kept: jobs 30 days, logs for ever, failures 7 days')
  const zero = firn.client.firn.changeRetention({ id, ...wanted, jobDays: 0 })
  await assert.rejects(zero, /jobDays/)
})

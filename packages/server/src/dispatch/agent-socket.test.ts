import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after, before, test } from 'node:test'
import { ServiceInfo } from '@firn/contract/agent/session'
import { type Installation, startInstallation } from '@firn/testkit/installation'
import { type AgentLine, joinPuppet, type Puppet, successful } from '@firn/testkit/puppet-agent'
import { openRepository } from '@firn/testkit/repository'
import { until } from '@firn/testkit/wait'

let firn: Installation
before(async () => {
  firn = await startInstallation()
})
after(() => firn[Symbol.asyncDispose]())

/** Pushes a commit to a new project, whose Config job is the next task of whoever is online. */
async function push(): Promise<{ project: string; rev: string }> {
  await using repository = await openRepository()
  const project = `p${randomUUID().slice(0, 8)}`
  const rev = await repository.commit({ 'ci.nix': '{ }' })
  await repository.push(firn.remote(project))
  return { project, rev }
}

async function jobOf({ project }: { project: string }) {
  const at = { site: 'local', account: 'local', project }
  const { items } = await firn.client.projects.jobsBySite(at)
  const [job] = items
  assert.ok(job)
  return job
}

/** Takes and ends whatever is left, so that the next test begins with an empty queue. */
async function finish(puppet: Puppet, line: AgentLine, taskId: string): Promise<void> {
  assert.equal((await puppet.sendStatus(taskId, successful)).status, 204)
  line.drop()
}

function evaluationId(payload: { tag: string; contents?: unknown }): string {
  assert.equal(payload.tag, 'StartEvaluation')
  return (payload.contents as { id: string }).id
}

test('4.3.5 a session comes from a join token, and its payload names that token', async () => {
  const puppet = await joinPuppet(firn)
  const [, payload = ''] = puppet.sessionToken.split('.')
  const claims = JSON.parse(Buffer.from(payload, 'base64url').toString())
  const [account] = await firn.client.accounts.list({})
  const tokens = await firn.client.joinTokens.list({ id: account?.id ?? '' })
  assert.ok(tokens.some((token) => token.id === claims.parent))
})

test('5.2.6 a deleted join token joins nobody, and its sessions go on', async () => {
  const [account] = await firn.client.accounts.list({})
  const id = account?.id ?? ''
  const puppet = await joinPuppet(firn)
  const newest = (await firn.client.joinTokens.list({ id })).at(-1)
  await firn.client.joinTokens.delete({ id, tokenId: newest?.id ?? '' })
  const { line } = await puppet.connect()
  line.drop()
  const refused = await fetch(`${firn.url}/api/v1/agent/session`, {
    method: 'POST',
    headers: { authorization: 'Bearer made.up.token', 'content-type': 'application/json' },
    body: '{"agentInfo":{}}',
  })
  assert.ok(refused.status === 401 || refused.status === 400)
})

test('10.16 service-info names http or https, never ws', async () => {
  const info = ServiceInfo.parse(await (await fetch(`${firn.url}/api/v1/agent/service-info`)).json())
  assert.deepEqual([info.version, info.agentSocketBaseURL, info.bulkSocketBaseURL], [[2, 0], firn.url, firn.url])
})

test('4.4.3 the server speaks first, and anything but a Hello ends the conversation', async () => {
  const puppet = await joinPuppet(firn)
  const line = await puppet.dial()
  const first = await line.next()
  assert.equal(first.tag, 'Oob')
  line.say({ tag: 'Msg', n: 0, p: { tag: 'Ping' } })
  assert.equal(await line.closed, 4400)
})

test('4.4.4 what is no frame ends the connection, and the next goes on where the frames before it were', async () => {
  const puppet = await joinPuppet(firn)
  const startId = randomUUID()
  const { line } = await puppet.connect({ startId })
  line.say({ tag: 'Msg', n: 0, p: { tag: 'Ping' } })
  assert.deepEqual(await line.next(), { tag: 'Ack', n: 0 })
  line.say({ tag: 'Msg', n: -7, p: { tag: 'Ping' } })
  assert.equal(await line.closed, 4400)
  const again = await puppet.connect({ startId })
  again.line.say({ tag: 'Msg', n: 1, p: { tag: 'Ping' } })
  assert.deepEqual(await again.line.next(), { tag: 'Ack', n: 1 })
  again.line.drop()
})

test('4.4.4 what the agent did not acknowledge is said again on its next connection, once', async () => {
  // With three slots, two evaluations may run at once.
  const puppet = await joinPuppet(firn, { concurrentTasks: 3 })
  const startId = randomUUID()
  const first = await puppet.connect({ startId })
  await push()
  const { payload, n } = await first.line.task({ ack: false })
  const id = evaluationId(payload)
  first.line.drop()

  const second = await puppet.connect({ startId, tasksInProgress: [id] })
  const again = await second.line.task()
  assert.deepEqual([again.n, evaluationId(again.payload)], [n, id])
  second.line.tell({ tag: 'Ping' })
  assert.equal((await second.line.next()).tag, 'Ack')
  second.line.drop()

  const third = await puppet.connect({ startId, tasksInProgress: [id] })
  await push()
  const other = await third.line.task()
  assert.notEqual(evaluationId(other.payload), id, 'the acknowledged message is not said a third time')
  await puppet.sendStatus(id, successful)
  await finish(puppet, third.line, evaluationId(other.payload))
})

test('10.15 a message that comes twice counts once, and acknowledgements continue where they were', async () => {
  const puppet = await joinPuppet(firn)
  const startId = randomUUID()
  const pushed = await push()
  const first = await puppet.connect({ startId })
  const id = evaluationId((await first.line.task()).payload)
  first.line.say({ tag: 'Msg', n: 0, p: { tag: 'Started', contents: { taskId: id } } })
  assert.deepEqual(await first.line.next(), { tag: 'Ack', n: 0 })
  first.line.drop()

  const second = await puppet.connect({ startId, tasksInProgress: [id] })
  assert.equal(second.received, 0)
  second.line.say({ tag: 'Msg', n: 0, p: { tag: 'Started', contents: { taskId: id } } })
  assert.deepEqual(await second.line.next(), { tag: 'Ack', n: 0 })
  await until('the job to be evaluating', async () => (await jobOf(pushed)).jobPhase === 'Evaluating')
  second.line.say({ tag: 'Msg', n: 5, p: { tag: 'Ping' } })
  await second.line.closed
  await puppet.sendStatus(id, successful)
})

test('4.4.11 a task that a returning agent does not list is given to somebody again', async () => {
  const puppet = await joinPuppet(firn)
  await push()
  const first = await puppet.connect()
  const lost = evaluationId((await first.line.task()).payload)
  first.line.drop()
  const second = await puppet.connect()
  const again = evaluationId((await second.line.task()).payload)
  assert.notEqual(again, lost, 'a new try is a new task')
  const late = await puppet.sendStatus(lost, { tag: 'Exceptional', contents: 'thread killed' })
  assert.equal(late.status, 204, 'the last word on a lost task is taken and ignored')
  await finish(puppet, second.line, again)
})

test('4.12.3 goodbye gives the work back at once, and nothing is held against it', async () => {
  const puppet = await joinPuppet(firn)
  const pushed = await push()
  const startId = randomUUID()
  const first = await puppet.connect({ startId })
  const lost = evaluationId((await first.line.task()).payload)
  first.line.tell({ tag: 'Started', contents: { taskId: lost } })
  await until('the job to be evaluated', async () => (await jobOf(pushed)).jobPhase === 'Evaluating')
  const bye = await puppet.post('agent/goodbye', { id: startId, startTime: new Date().toISOString() })
  assert.equal(bye.status, 204)
  first.line.drop()
  const job = await until('the job to be queued again', async () => {
    const now = await jobOf(pushed)
    return now.jobPhase === 'Queued' && now
  })
  assert.match(job.because, /was stopped/)
  const second = await puppet.connect()
  const again = evaluationId((await second.line.task()).payload)
  assert.notEqual(again, lost)
  await finish(puppet, second.line, again)
})

test('an agent is refused what concerns tasks of others', async () => {
  const owner = await joinPuppet(firn)
  await push()
  const { line } = await owner.connect()
  const id = evaluationId((await line.task()).payload)
  const other = await joinPuppet(firn)
  for (const answer of [
    await other.sendStatus(id, successful),
    await other.sendEvents(id, []),
    await other.sendBuild(id, []),
    await other.sendStatus(randomUUID(), successful),
  ])
    assert.equal(answer.status, 403)
  await finish(owner, line, id)
})

test('an unknown session is told to join again', async () => {
  const answer = await fetch(`${firn.url}/api/v1/tasks/${randomUUID()}`, {
    method: 'POST',
    headers: { authorization: 'Bearer nobody', 'content-type': 'application/json' },
    body: JSON.stringify(successful),
  })
  assert.equal(answer.status, 401)
  assert.match(((await answer.json()) as { message: string }).message, /join again/)
})

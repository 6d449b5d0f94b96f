/** Statements about agents (hercules-ci.md 1.13, 4) that no other test of the server shows. */
import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after, before, test } from 'node:test'
import { type Desk, openDesk } from '@firn/testkit/desk'
import { derivation, drv, request } from '@firn/testkit/events'
import { type Installation, startInstallation } from '@firn/testkit/installation'
import { joinPuppet, logMessage, puppetInfo, successful } from '@firn/testkit/puppet-agent'
import { until } from '@firn/testkit/wait'
import { WebSocket } from 'ws'

let firn: Installation
before(async () => {
  firn = await startInstallation()
})
after(() => firn[Symbol.asyncDispose]())

async function accountId(): Promise<string> {
  const [account] = await firn.client.accounts.list({})
  return account?.id ?? assert.fail('there is no account')
}

const claimsOf = (token: string) => JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString())

/** Pushes, has this agent evaluate it, and answers who did by what the page shows. */
async function evaluatedBy(desk: Desk): Promise<string | null> {
  const { project } = await desk.push()
  const { id } = await desk.evaluation()
  desk.line.tell({ tag: 'Started', contents: { taskId: id } })
  const [job] = await desk.jobs(project)
  const agent = await until('the evaluation to have begun', async () => {
    const detail = await firn.client.jobs.evaluation({ id: job?.id ?? '' })
    return detail.agentHostname ?? undefined
  })
  await desk.puppet.sendStatus(id, successful)
  return agent
}

const session = async (hostname: string) =>
  (await firn.client.agents.sessions({ id: await accountId() })).find((each) => each.hostname === hostname)

test('4.2.3 a join token is shaped like a JWT whose sub is t$ and its id', async () => {
  const { token, metadata } = await firn.client.joinTokens.create({ id: await accountId(), description: 'a token' })
  assert.equal(token.split('.').length, 3)
  assert.equal(claimsOf(token).sub, `t$${metadata.id}`)
})

test('1.7.8, 4.13.2 an evaluation goes to x86_64-linux, and to another Linux agent only where there is none', async () => {
  using arm = await openDesk(firn, { hostname: 'arm', platforms: ['aarch64-linux'], concurrentTasks: 8 })
  assert.equal(await evaluatedBy(arm), 'arm')
  using intel = await openDesk(firn, { hostname: 'intel', concurrentTasks: 8 })
  assert.equal(await evaluatedBy(intel), 'intel')
})

test('1.13.7, 4.13.4 an evaluation that waits for a build leaves a slot for it', async () => {
  const name = `imported-${randomUUID().slice(0, 8)}`
  using desk = await openDesk(firn, { concurrentTasks: 2 })
  await desk.push()
  const { id } = await desk.evaluation()
  await desk.push()
  await desk.puppet.sendEvents(id, [derivation(name), request(name)])
  const build = await desk.finishBuild()
  assert.equal(build.derivationPath, drv(name))
  const [waiting] = await firn.client.firn.queue({ id: await accountId() })
  assert.deepEqual([waiting?.platform, waiting?.waiting], ['evaluation', 1], 'the second one was not begun meanwhile')
  await desk.puppet.sendStatus(id, successful)
  await desk.evaluate([])
})

test('4.12.1, 4.13.5 an agent gets no more tasks than it has slots, and is available while it has one', async () => {
  const hostname = `slots-${randomUUID().slice(0, 8)}`
  const names = ['a', 'b', 'c'].map((word) => `${word}-${randomUUID().slice(0, 8)}`)
  using desk = await openDesk(firn, { hostname, concurrentTasks: 2 })
  assert.deepEqual([(await session(hostname))?.available, (await session(hostname))?.concurrentTasks], [true, 2])
  await desk.push()
  await desk.evaluate(names.flatMap((name) => [derivation(name), request(name)]))
  const builds = [await desk.build(), await desk.build()]
  const busy = await session(hostname)
  assert.deepEqual([busy?.available, busy?.online, busy?.tasks.length], [false, true, 2])
  for (const { id } of builds) await desk.puppet.sendStatus(id, successful)
  await desk.finishBuild()
  assert.equal((await session(hostname))?.available, true)
  desk.line.drop()
  await until('the agent to be away', async () => (await session(hostname))?.available === false)
  assert.equal((await session(hostname))?.revocation, null)
})

test('2.5.9, 4.4.10, 10.17 work that was taken from an agent is cancelled there, and its late status changes nothing', async () => {
  const name = `taken-${randomUUID().slice(0, 8)}`
  const events = [derivation(name), request(name)]
  using desk = await openDesk(firn)
  await desk.push()
  await desk.evaluate(events)
  const taken = await desk.build()
  await desk.puppet.post('agent/goodbye', { id: desk.startId, startTime: new Date().toISOString() })
  desk.line.drop()
  using other = await openDesk(firn, { hostname: 'begins it' })
  const again = await other.build()
  assert.ok(again.id !== taken.id && again.derivationPath === taken.derivationPath)
  other.line.tell({ tag: 'Started', contents: { taskId: again.id } })
  const id = await accountId()
  await until('the other to have begun', async () => {
    return (await firn.client.derivations.get({ id, drv: drv(name) })).status === 'Building'
  })
  const { line } = await desk.puppet.connect({ startId: desk.startId, tasksInProgress: [taken.id] })
  assert.deepEqual((await line.task()).payload, { tag: 'Cancel', contents: { taskId: taken.id } })
  line.tell({ tag: 'Cancelled', contents: { taskId: taken.id } })
  const late = await desk.puppet.sendStatus(taken.id, { tag: 'Exceptional', contents: 'thread killed' })
  assert.equal(late.status, 204, 'or the agent would say it for ever')
  await other.puppet.sendStatus(again.id, successful)
  const detail = await firn.client.derivations.get({ id, drv: drv(name) })
  assert.equal(detail.status, 'BuildSuccess')
  line.drop()
})

test('4.4.7b the end of a log may come after the status of its task', async () => {
  using desk = await openDesk(firn)
  await desk.push()
  const { id, logToken } = await desk.evaluation()
  const log = await desk.puppet.openLog(logToken)
  await log.next()
  log.say({ tag: 'Oob', o: { tag: 'Hello', contents: { storeProtocolVersion: 34, clientProtocolVersion: 34 } } })
  assert.deepEqual(await log.next(), { tag: 'Ack', n: -1 })
  await desk.puppet.sendStatus(id, successful)
  const entry = { tag: 'Msg' as const, i: 0, ms: 1, level: 3, msg: 'the last word' }
  log.say(logMessage(0, { tag: 'LogEntries', contents: [entry] }))
  log.say(logMessage(1, { tag: 'End', i: 1, ms: 1 }))
  for (let n = -1; n < 1; ) {
    const frame = await log.next()
    if (frame.tag === 'Ack') n = frame.n
  }
  const { lines, done } = await firn.client.firn.logWindow({ id, from: 0, count: 10 })
  assert.deepEqual([lines.map(({ t }) => t), done], [['the last word'], true])
  log.drop()
})

test('4.13.7 evaluations go before builds, and builds in the order in which they were asked for', async () => {
  const names = ['a', 'b', 'c'].map((word) => `${word}-${randomUUID().slice(0, 8)}`)
  using desk = await openDesk(firn, { concurrentTasks: 1 })
  await desk.push()
  const { id } = await desk.evaluation()
  for (const name of names) await desk.puppet.sendEvents(id, [derivation(name), request(name)])
  await desk.push()
  await desk.puppet.sendStatus(id, successful)
  const order: string[] = []
  for (let i = 0; i < 4; i++) {
    const { payload } = await desk.line.task()
    assert.ok(payload.tag === 'StartEvaluation' || payload.tag === 'StartBuild')
    order.push(payload.tag === 'StartBuild' ? payload.contents.derivationPath : 'evaluation')
    await desk.puppet.sendStatus(payload.contents.id, successful)
  }
  assert.deepEqual(order, ['evaluation', ...names.map(drv)])
})

/** A frame as text or as bytes; answers the Ack. */
async function talk(token: string, asBytes: boolean): Promise<{ tag: string; n?: number }> {
  const url = `${firn.url.replace(/^http/, 'ws')}/api/v1/agent-socket`
  const socket = new WebSocket(url, { headers: { authorization: `Bearer ${token}` } })
  const startInfo = { id: randomUUID(), startTime: new Date().toISOString() }
  const hello = { agentInfo: puppetInfo, startInfo, tasksInProgress: [] }
  const frames: { tag: string; n?: number }[] = []
  await new Promise<void>((resolve, reject) => {
    socket.on('error', reject)
    socket.on('message', (raw) => {
      frames.push(JSON.parse(raw.toString()))
      if (frames.length === 2) return resolve()
      socket.send(Buffer.from(JSON.stringify({ tag: 'Oob', o: { tag: 'Hello', contents: hello } })), {
        binary: asBytes,
      })
    })
  })
  socket.terminate()
  return frames[1] ?? { tag: 'nothing' }
}

test('4.4.1 the socket takes a session token, and frames as bytes or as text', async () => {
  const { sessionToken } = await joinPuppet(firn)
  for (const asBytes of [true, false]) assert.deepEqual(await talk(sessionToken, asBytes), { tag: 'Ack', n: -1 })
  await assert.rejects(talk('nobody', true), /401/)
  const { token } = await firn.client.joinTokens.create({ id: await accountId(), description: 'not a session' })
  await assert.rejects(talk(token, true), /401/)
})

test('an agent that speaks of the task of another is refused, and the audit log says so', async () => {
  using desk = await openDesk(firn)
  await desk.push()
  const { id } = await desk.evaluation()
  const stranger = await joinPuppet(firn, { hostname: 'stranger' })
  assert.equal((await stranger.sendStatus(id, successful)).status, 403)
  const [entry] = await firn.client.firn.audit({ id: await accountId() })
  assert.equal(entry?.actor, 'stranger')
  assert.match(entry?.deed ?? '', new RegExp(`task ${id}, which was not given to its session; refused$`))
  const answer = await fetch(`${firn.url}/api/v1/firn/accounts/${await accountId()}/audit`)
  assert.equal(answer.status, 401, 'who did what is for those who are signed in')
})

test('4.13.5, 5.2.6 a join token is revoked with its sessions: their work goes to others at once', async () => {
  const name = `revoked-${randomUUID().slice(0, 8)}`
  using first = await openDesk(firn, { hostname: 'revoked' })
  await first.push()
  await first.evaluate([derivation(name), request(name)])
  const build = await first.build()
  const id = await accountId()
  const tokenId = (await session('revoked'))?.clusterJoinTokenId ?? assert.fail('no session')
  assert.deepEqual(await firn.client.firn.revokeJoinToken({ id, tokenId }), { sessions: 1 })
  assert.equal(await first.line.closed, 4401)
  assert.equal((await first.puppet.sendStatus(build.id, successful)).status, 401)
  assert.notEqual((await session('revoked'))?.revocation, null)
  using second = await openDesk(firn, { hostname: 'second' })
  assert.equal((await second.finishBuild()).derivationPath, drv(name))
  assert.deepEqual(await firn.client.firn.revokeJoinToken({ id, tokenId }), { sessions: 0 })
  await assert.rejects(firn.client.firn.revokeJoinToken({ id, tokenId: randomUUID() }), /no such join token/)
  const deeds = (await firn.client.firn.audit({ id })).map((entry) => entry.deed)
  assert.equal(deeds.filter((deed) => deed === 'revoked the join token “puppet” with its 1 sessions').length, 1)
})

test('4.13.5, 5.2.6 a deleted join token is told of its sessions, which go on, and can be ended later', async () => {
  using desk = await openDesk(firn, { hostname: 'deleted' })
  const id = await accountId()
  const tokenId = (await session('deleted'))?.clusterJoinTokenId ?? assert.fail('no session')
  assert.equal((await session('deleted'))?.revocation, null)
  await firn.client.joinTokens.delete({ id, tokenId })
  await firn.client.joinTokens.delete({ id, tokenId })
  const of = async (all: boolean) =>
    (await firn.client.joinTokens.list({ id, all })).filter((one) => one.id === tokenId)
  const [token] = await of(true)
  assert.deepEqual([await of(false), typeof token?.revocation], [[], 'string'])
  const deleted = await session('deleted')
  assert.deepEqual([deleted?.revocation, deleted?.online], [token?.revocation, true])
  assert.deepEqual(await firn.client.firn.revokeJoinToken({ id, tokenId }), { sessions: 1 })
  assert.equal(await desk.line.closed, 4401)
  const ended = await until('the agent to be away', async () => {
    const now = await session('deleted')
    return now?.online === false && now
  })
  assert.equal(ended.revocation, token?.revocation, 'since then')
  assert.match(ended.because, /^Offline: its session was revoked \d+ s ago\.$/)
  const deeds = (await firn.client.firn.audit({ id })).slice(0, 2).map((entry) => entry.deed)
  assert.deepEqual(deeds, ['revoked the join token “puppet” with its 1 sessions', 'deleted the join token “puppet”'])
})

test('4.8 the endpoints of agents are there, each behind its own token', async () => {
  using desk = await openDesk(firn)
  await desk.push()
  const { id } = await desk.evaluation()
  const call = async (method: string, path: string, body?: unknown) => {
    const init = { method, headers: { 'content-type': 'application/json' } }
    const answer = await fetch(
      `${firn.url}/api/v1/${path}`,
      body === undefined ? { method } : { ...init, body: JSON.stringify(body) },
    )
    return answer.status
  }
  assert.equal(await call('GET', 'agent/service-info'), 200, 'the only one without a token')
  const drvPath = encodeURIComponent(drv('never-heard-of'))
  const behindToken: [string, string, unknown?][] = [
    ['POST', 'agent/session', { agentInfo: puppetInfo }],
    ['POST', 'agent/goodbye', { id: randomUUID(), startTime: new Date().toISOString() }],
    ['POST', `tasks/${id}`, successful],
    ['POST', `tasks/${id}/eval`, []],
    ['POST', `tasks/${id}/build`, []],
    ['GET', `tasks/${id}/eval`],
    ['POST', 'agent/hello', {}],
    ['POST', 'agent/heartbeat', {}],
    ['POST', 'tasks/log', []],
    ['GET', `agent/eval-build/${drvPath}`],
    ['GET', `agent/build/${drvPath}`],
    ['POST', 'tasks', {}],
    ['POST', 'log', {}],
    ['POST', `tasks/${id}/build/_log`, {}],
  ]
  for (const [method, path, body] of behindToken) assert.equal(await call(method, path, body), 401, path)
  assert.equal(((await (await desk.puppet.get(`tasks/${id}/eval`)).json()) as { id: string }).id, id)
  assert.equal((await desk.puppet.get(`tasks/${id}/build`)).status, 404, 'it is no build')
  for (const path of ['agent/heartbeat', 'tasks/log'])
    assert.equal((await desk.puppet.post(path, {})).status, 204, path)
  assert.equal((await desk.puppet.post('agent/hello', {})).status, 400)
  assert.equal(await (await desk.puppet.get(`agent/eval-build/${drvPath}`)).text(), 'null')
  assert.equal((await desk.puppet.sendEvents(id, [])).status, 204)
  assert.equal((await desk.puppet.sendBuild(id, [])).status, 204)
  assert.equal((await desk.puppet.sendStatus(id, successful)).status, 204)
})

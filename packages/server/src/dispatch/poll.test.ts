import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after, before, test } from 'node:test'
import { derivation, drv, request } from '@firn/testkit/events'
import { type Installation, startInstallation } from '@firn/testkit/installation'
import { joinPuppet, type Puppet, puppetInfo, successful } from '@firn/testkit/puppet-agent'
import { openRepository } from '@firn/testkit/repository'
import { until } from '@firn/testkit/wait'

let firn: Installation
before(async () => {
  firn = await startInstallation()
})
after(() => firn[Symbol.asyncDispose]())

/** An agent that says hello by HTTP. */
async function openPoller(hostname: string): Promise<{ puppet: Puppet; startId: string }> {
  const puppet = await joinPuppet(firn, { hostname })
  const startId = randomUUID()
  const startInfo = { id: startId, startTime: new Date().toISOString() }
  const agentInfo = { ...puppetInfo, hostname }
  assert.equal((await puppet.post('agent/hello', { agentInfo, startInfo, tasksInProgress: [] })).status, 204)
  return { puppet, startId }
}

async function push(): Promise<void> {
  await using repository = await openRepository()
  await repository.commit({ 'ci.nix': '{ }', salt: randomUUID() })
  await repository.push(firn.remote(`p${randomUUID().slice(0, 8)}`), 'HEAD:refs/heads/main')
}

const poll = async ({ puppet }: { puppet: Puppet }) => (await puppet.post('tasks', undefined)).json()
const task = (poller: { puppet: Puppet }) =>
  until(
    'a task to be offered',
    async () => ((await poll(poller)) ?? undefined) as { id: string; typ: string } | undefined,
  )

async function sendLog(path: string, token: string, text: string | Uint8Array): Promise<Response> {
  const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/octet-stream' }
  return fetch(`${firn.url}/api/v1/${path}`, { method: 'POST', headers, body: text })
}

const linesOf = async (id: string) => {
  const { lines, done } = await firn.client.firn.logWindow({ id, from: 0, count: 10 })
  return { texts: lines.map(({ t }) => t), done }
}

test('4.8 an agent without a socket polls for its tasks, fetches them and sends each log whole', async () => {
  const poller = await openPoller('poller')
  const { puppet } = poller
  assert.equal(await poll(poller), null, 'there is nothing to do')
  const name = `polled-${randomUUID().slice(0, 8)}`
  await push()

  const evaluation = await task(poller)
  assert.equal(evaluation.typ, 'eval')
  assert.equal(await poll(poller), null, 'it is offered once')
  const { logToken } = (await (await puppet.get(`tasks/${evaluation.id}/eval`)).json()) as { logToken: string }
  assert.equal((await puppet.get(`tasks/${evaluation.id}/build`)).status, 404)
  await puppet.sendEvents(evaluation.id, [derivation(name), request(name)])
  for (const _ of ['sent', 'sent again'])
    assert.equal((await sendLog('log', logToken, 'first\nsecond \0\n')).status, 204)
  assert.deepEqual(await linesOf(evaluation.id), { texts: ['first', 'second \0'], done: true })
  assert.equal((await sendLog('log', 'nonsense', 'x')).status, 403)
  assert.equal((await puppet.post('log', {})).status, 403, 'a session token is not good for a log')

  const build = await task(poller)
  assert.equal(build.typ, 'build')
  const asked = `agent/build/${encodeURIComponent(drv(name))}`
  assert.equal(await (await puppet.get(asked)).json(), 'Waiting')
  await puppet.get(`tasks/${build.id}/build`)
  assert.equal(await (await puppet.get(asked)).json(), 'Building')
  assert.equal((await sendLog(`tasks/${build.id}/build/_log`, puppet.sessionToken, 'made it')).status, 204)
  assert.deepEqual(await linesOf(build.id), { texts: ['made it'], done: true })
  const stranger = await openPoller('stranger')
  assert.equal((await sendLog(`tasks/${build.id}/build/_log`, stranger.puppet.sessionToken, 'lies')).status, 403)
  await puppet.sendStatus(build.id, successful)
  await puppet.sendStatus(evaluation.id, successful)
  assert.equal(await (await puppet.get(asked)).json(), 'BuildSuccess')
  assert.equal(await (await puppet.get(`agent/build/${encodeURIComponent(drv('unknown'))}`)).json(), null)
  for (const each of [poller, stranger])
    await each.puppet.post('agent/goodbye', { id: each.startId, startTime: new Date().toISOString() })
})

test('4.8 what a polling agent was offered and did not fetch is done by another when it says goodbye', async () => {
  const poller = await openPoller('leaves')
  await push()
  const offered = await task(poller)
  await poller.puppet.post('agent/goodbye', { id: poller.startId, startTime: new Date().toISOString() })
  assert.equal((await poller.puppet.get(`tasks/${offered.id}/eval`)).status, 404)
  const other = await openPoller('stays')
  const again = await task(other)
  assert.ok(again.id !== offered.id && again.typ === 'eval')
})

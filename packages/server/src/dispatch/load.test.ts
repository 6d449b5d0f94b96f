/** What an agent says of its machine, and what comes of it (Firn's own field of the Ping of hercules-ci.md 4.4.6). */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { AgentLoad } from '@firn/contract/agent/load'
import { type Desk, openDesk } from '@firn/testkit/desk'
import { derivation, drv, request, wanted } from '@firn/testkit/events'
import { type Installation, startInstallation } from '@firn/testkit/installation'
import { until } from '@firn/testkit/wait'

let firn: Installation
let desk: Desk
before(async () => {
  firn = await startInstallation()
  desk = await openDesk(firn)
})
after(async () => {
  desk[Symbol.dispose]()
  await firn[Symbol.asyncDispose]()
})

const load = (more: Partial<AgentLoad> & { free?: number } = {}): AgentLoad => ({
  average: 0.5,
  cpus: 2,
  memory: { freeMegabytes: 100, totalMegabytes: 1000 },
  disks: [{ path: '/nix', freeMegabytes: more.free ?? 5000, needsMegabytes: 1024 }],
  draining: more.draining ?? false,
})

const tell = (said: AgentLoad) => desk.line.tell({ tag: 'Ping', firn: { load: said } })

async function agent(hostname = 'puppet') {
  const [account] = await firn.client.accounts.list({})
  const sessions = await firn.client.agents.sessions({ id: account?.id ?? '' })
  return sessions.find((session) => session.hostname === hostname)
}

test('is shown with the agent', async () => {
  assert.equal((await agent())?.load, null)
  tell(load())
  await until('the load to be shown', async () => (await agent())?.load !== null)
  const session = await agent()
  assert.deepEqual(session?.load, load())
  assert.deepEqual([session?.available, session?.because], [true, 'Idle: nothing that it can do is waiting.'])
})

test('an agent without room gets nothing, and says why; with room again it does', async () => {
  tell(load({ free: 300 }))
  await until('the change of mind', async () => (await agent())?.available === false)
  assert.equal((await agent())?.because, 'Takes no work: 300 MB free on /nix, needs 1024 MB.')
  await desk.push()
  // A second agent takes the evaluation, whose build is left for when there is room.
  const other = await openDesk(firn, { hostname: 'evaluates', systemFeatures: [] })
  await other.evaluate(wanted('for-later'))
  const taken = await other.build()
  assert.equal(taken.derivationPath, drv('for-later'))
  await other.puppet.sendStatus(taken.id, { tag: 'Exceptional', contents: 'no', firn: { declined: true } })
  assert.equal((await other.build()).derivationPath, drv('for-later'))
  other.line.drop()
  tell(load())
  await until('the change of mind', async () => (await agent())?.available === true)
})

test('one that asks for more than it has slots for gets so much more, and no more', async () => {
  const eager = await openDesk(firn, { hostname: 'eager', concurrentTasks: 2, platforms: ['x86_64-darwin'] })
  eager.line.tell({ tag: 'Ping', firn: { load: { ...load(), ahead: 3 } } })
  await desk.push()
  const names = Array.from({ length: 8 }, (_, n) => `small-${n}`)
  await desk.evaluate(names.flatMap((name) => [derivation(name, [], { platform: 'x86_64-darwin' }), request(name)]))
  const given = new Set<string>()
  while (given.size < 5) given.add((await eager.build()).derivationPath)
  const [account] = await firn.client.accounts.list({})
  const queued = async () => await firn.client.firn.queue({ id: account?.id ?? '' })
  await until('the rest to be known as waiting', async () => (await queued())[0]?.waiting === 3)
  assert.match((await queued())[0]?.because ?? '', /2 of 2 slots of agent eager are busy/)
  assert.equal((await agent('eager'))?.because, 'All 2 slots busy, 3 tasks to begin next.')
  eager.line.drop()
})

test('4.12.3 an agent that is being stopped gets nothing', async () => {
  tell(load({ draining: true }))
  await until('the change of mind', async () => (await agent())?.available === false)
  assert.equal((await agent())?.because, 'Takes no work: it is being stopped, and finishes what it has.')
})

test('is forgotten when the agent comes back, until it says more', async () => {
  desk.line.drop()
  const { line } = await desk.puppet.connect()
  await until('the return', async () => (await agent())?.online === true)
  assert.equal((await agent())?.load, null)
  line.drop()
})

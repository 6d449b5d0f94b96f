/** How a build ended, from the agent's word to what a person reads. */
import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after, before, test } from 'node:test'
import type { BuildFailure } from '@firn/contract/agent/build-failure'
import type { TaskStatus } from '@firn/contract/agent/task'
import { type Desk, openDesk } from '@firn/testkit/desk'
import { derivation, drv, request, wanted } from '@firn/testkit/events'
import { type Installation, startInstallation } from '@firn/testkit/installation'
import { successful, terminated } from '@firn/testkit/puppet-agent'
import { finishedCommit, until } from '@firn/testkit/wait'

let firn: Installation
let desk: Desk
let accountId = ''
before(async () => {
  firn = await startInstallation()
  desk = await openDesk(firn)
  accountId = (await firn.client.accounts.list({}))[0]?.id ?? ''
})
after(async () => {
  desk[Symbol.dispose]()
  await firn[Symbol.asyncDispose]()
})

const kindOf = (event: object) => Object.keys(event)[0]
const named = (word: string) => `${word}-${randomUUID().slice(0, 8)}`
const detail = (name: string) => firn.client.derivations.get({ id: accountId, drv: drv(name) })

/** Builds one derivation that ends so. */
async function end(status: TaskStatus) {
  const name = named('outcome')
  const pushed = await desk.push()
  await desk.evaluate(wanted(name))
  await desk.finishBuild(status)
  const { jobs } = await finishedCommit(firn.client, pushed.project, pushed.rev)
  return { name, overview: await firn.client.firn.jobOverview({ id: jobs[0]?.id ?? '' }) }
}

const because = (failure: BuildFailure): TaskStatus => ({
  ...terminated,
  tag: 'Terminated',
  contents: [],
  firn: { failure },
})

test('4.7.4 what a build failed with is told by its page, the job and the history of its attempts', async () => {
  const failure: BuildFailure = { how: 'hash-mismatch', wanted: 'sha256-A', got: 'sha256-B' }
  const { name, overview } = await end(because(failure))
  const told = await detail(name)
  assert.equal(told.status, 'BuildFailure')
  assert.deepEqual(told.failure, failure)
  assert.match(told.because, /^Hash mismatch: the derivation declares sha256-A, and what came is sha256-B/)
  const [group] = overview.failures
  assert.deepEqual([group?.failure, group?.because, group?.technicalError], [failure, told.because, null])
  const failed = told.events.flat().flatMap((event) => ('Failed' in event ? [event.Failed] : []))
  assert.deepEqual(
    failed.map((event) => [event.technicalError, event.because]),
    [[null, told.because]],
  )
})

test('4.7.4 an agent that says no more than Terminated is told as that', async () => {
  const { name, overview } = await end(terminated)
  const told = await detail(name)
  assert.deepEqual([told.failure, told.because], [null, 'The build failed on puppet; its log says why.'])
  assert.deepEqual([overview.failures[0]?.failure, overview.failures[0]?.because], [null, told.because])
})

test('what is built again after a failure is told without it', async () => {
  const { name } = await end(because({ how: 'exited', code: 2 }))
  await firn.client.derivations.retry({ id: accountId, drv: drv(name) })
  await desk.finishBuild(successful)
  const told = await detail(name)
  assert.deepEqual([told.status, told.failure], ['BuildSuccess', null])
  assert.equal(told.events.length, 2)
})

test('broken work is done again after a pause, counted and explained', async () => {
  const name = named('broken')
  const pushed = await desk.push()
  await desk.evaluate(wanted(name))
  const broken: TaskStatus = { tag: 'Exceptional', contents: 'the disk is on fire' }
  await desk.finishBuild(broken)
  const waiting = await detail(name)
  assert.match(waiting.because, /^Tried again \(try 2 of 3\): the disk is on fire/)
  await desk.finishBuild(successful)
  await finishedCommit(firn.client, pushed.project, pushed.rev)
  assert.equal((await detail(name)).status, 'BuildSuccess')
})

test('what an agent declines is as if it had never had it', async () => {
  const name = named('declined')
  const pushed = await desk.push()
  await desk.evaluate(wanted(name))
  for (let i = 0; i < 4; i++)
    await desk.finishBuild({ tag: 'Exceptional', contents: 'puppet takes no work', firn: { declined: true } })
  const build = await desk.build()
  assert.deepEqual((await detail(name)).events.flat().map(kindOf), ['Queued'])
  assert.doesNotMatch((await detail(name)).because, /Tried again/)
  await desk.puppet.sendStatus(build.id, { tag: 'Exceptional', contents: 'the disk is on fire' })
  assert.match((await detail(name)).because, /^Tried again \(try 2 of 3\): the disk is on fire/)
  await desk.finishBuild(successful)
  await finishedCommit(firn.client, pushed.project, pushed.rev)
  const told = await detail(name)
  assert.equal(told.status, 'BuildSuccess')
  const [queued] = told.events.flat()
  assert.deepEqual(told.events.flat().map(kindOf), ['Queued', 'Failed', 'Queued', 'Built', 'Succeeded'])
  assert.ok(queued && 'Queued' in queued && queued.Queued.requeuedForAgent === null)
})

test('what an agent had not begun when it left is as if it had never had it, and what it had begun is lost with it', async () => {
  const [ahead, begun] = [named('ahead'), named('begun')]
  await desk.push()
  await desk.evaluate([ahead, begun].flatMap((name) => [derivation(name, [], { platform: 'leaves' }), request(name)]))
  const leaves = await openDesk(firn, { hostname: 'leaves', platforms: ['leaves'] })
  for (const build of [await leaves.build(), await leaves.build()])
    if (build.derivationPath === drv(begun)) leaves.line.tell({ tag: 'Started', contents: { taskId: build.id } })
  await until('the build to have begun', async () => (await detail(begun)).status === 'Building')
  await leaves.puppet.post('agent/goodbye', { id: leaves.startId, startTime: new Date().toISOString() })
  assert.deepEqual((await detail(ahead)).events.flat().map(kindOf), ['Queued'])
  assert.doesNotMatch((await detail(ahead)).because, /leaves was stopped/)
  assert.deepEqual((await detail(begun)).events.flat().map(kindOf), ['Queued', 'Started', 'Failed', 'Queued'])
  assert.match((await detail(begun)).because, /^Tried again: Agent leaves was stopped/)
  leaves.line.drop()
})

test('2.3.1 of what is blocked is told which failure blocks it, however far below', async () => {
  const [top, middle, bottom] = [named('top'), named('middle'), named('bottom')]
  const pushed = await desk.push()
  await desk.evaluate([...wanted(bottom), ...wanted(middle, [bottom]), ...wanted(top, [middle])])
  await desk.finishBuild(because({ how: 'exited', code: 1 }))
  await finishedCommit(firn.client, pushed.project, pushed.rev)
  assert.equal((await detail(top)).because, `Not built, because ${bottom} failed.`)
})

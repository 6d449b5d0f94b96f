/** That what is told of waiting work is what dispatch does with it (hercules-ci.md 2.4.3, 4.12.1, 4.13). */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { EvaluateEvent } from '@firn/contract/agent/evaluate-event'
import type { TaskStatus } from '@firn/contract/agent/task'
import { openDesk } from '@firn/testkit/desk'
import { derivation, drv, request, wanted } from '@firn/testkit/events'
import { type Installation, startInstallation } from '@firn/testkit/installation'
import { until } from '@firn/testkit/wait'

const accountOf = async (firn: Installation) => (await firn.client.accounts.list({}))[0]?.id ?? ''

async function because(firn: Installation, name: string): Promise<string> {
  return (await firn.client.derivations.get({ id: await accountOf(firn), drv: drv(name) })).because
}

const builds = (names: string[]): EvaluateEvent[] => names.flatMap((name) => [derivation(name), request(name)])

test('4.13.7 builds are behind the evaluations that wait, and each of these says how many are before it', async () => {
  await using firn = await startInstallation()
  using desk = await openDesk(firn, { concurrentTasks: 1 })
  const { project } = await desk.push()
  const evaluation = await desk.evaluation()
  for (let i = 0; i < 3; i++) await desk.push({ project })
  const names = ['a', 'b', 'c', 'd']
  await desk.puppet.sendEvents(evaluation.id, builds(names))

  const busy = '1 of 1 slots of agent puppet are busy.'
  const jobs = await desk.jobs(project)
  assert.deepEqual(
    jobs.slice(1).map((job) => job.because),
    [`Next: ${busy}`, `Behind 1 task: ${busy}`, `Behind 2 tasks: ${busy}`],
  )
  const told = await Promise.all(names.map((name) => because(firn, name)))
  assert.deepEqual(
    told.toSorted(),
    [3, 4, 5, 6].map((n) => `Behind ${n} tasks: ${busy}`),
  )
  const { waiting } = await firn.client.firn.jobOverview({ id: jobs[0]?.id ?? '' })
  assert.deepEqual(waiting, [`4 for x86_64-linux: Behind 3 tasks: ${busy}`])
  const queue = await firn.client.firn.queue({ id: await accountOf(firn) })
  assert.deepEqual(queue.map((row) => [row.platform, row.waiting, row.because]).toSorted(), [
    ['evaluation', 3, `Waiting for a slot: ${busy}`],
    ['x86_64-linux', 4, `Behind 3 tasks: ${busy}`],
  ])
})

test('what broke says how long it waits before it is tried again, and its agent is idle meanwhile', async () => {
  await using firn = await startInstallation()
  using desk = await openDesk(firn)
  await desk.push()
  await desk.evaluate(wanted('fragile'))
  const broken: TaskStatus = { tag: 'Exceptional', contents: 'the value is null' }
  await desk.finishBuild(broken)
  await desk.finishBuild(broken)
  assert.match(
    await because(firn, 'fragile'),
    /^Tried again \(try 3 of 3\): the value is null\. Waits \d+ s before it is tried again\.$/,
  )
  const [session] = await firn.client.agents.sessions({ id: await accountOf(firn) })
  assert.equal(session?.because, 'Idle: 1 task that it can do is tried again in a moment.')
})

test('what waits for something that has no agent says so, and why', async () => {
  await using firn = await startInstallation()
  using desk = await openDesk(firn)
  await desk.push()
  await desk.evaluate([
    derivation('arm', [], { platform: 'aarch64-linux' }),
    ...wanted('dependent', ['arm']),
    ...wanted('top', ['dependent']),
    request('arm'),
    ...wanted('given'),
  ])
  await desk.build()
  const why = 'arm has no agent yet. Waiting for agent: none for aarch64-linux is online.'
  assert.equal(await because(firn, 'dependent'), `Waits for arm; ${why}`)
  assert.equal(await because(firn, 'top'), `Waits for dependent; ${why}`)
  assert.equal(await because(firn, 'given'), 'Given to agent puppet, which begins it when a slot is free.')
})

test('4.13.6 work of an agent that is not heard of says so, and when another gets it', async () => {
  await using firn = await startInstallation()
  using desk = await openDesk(firn)
  const { project } = await desk.push()
  const evaluation = await desk.evaluation()
  desk.line.tell({ tag: 'Started', contents: { taskId: evaluation.id } })
  await desk.puppet.sendEvents(evaluation.id, wanted('left-alone'))
  const build = await desk.build()
  desk.line.tell({ tag: 'Started', contents: { taskId: build.id } })
  await until('the build to have begun', async () => (await because(firn, 'left-alone')) === 'Building on puppet.')
  const [{ id: jobId = '' } = {}] = await desk.jobs(project)
  assert.equal((await firn.client.firn.jobOverview({ id: jobId })).running[0]?.silentSince, null)
  desk.line.drop()
  const silent = /^Building on puppet, which has not been heard of for \d+ s; given to another in \d min( \d+ s)?\.$/
  await until('the silence to be told', async () => silent.test(await because(firn, 'left-alone')))
  const { running } = await firn.client.firn.jobOverview({ id: jobId })
  assert.ok(running[0]?.silentSince)
  const silentJob = /^Evaluating on puppet, which has not been heard of for \d+ s, 0 of 1 built/
  await until('its job to tell it too', async () => silentJob.test((await desk.jobs(project))[0]?.because ?? ''))
})

test('where none is online the newest is named, also when its session was revoked', async () => {
  await using firn = await startInstallation()
  const old = await openDesk(firn)
  old.line.drop()
  using desk = await openDesk(firn)
  const id = await accountOf(firn)
  const sessions = await firn.client.agents.sessions({ id })
  const tokenId = sessions.toSorted((a, b) => b.creation.localeCompare(a.creation))[0]?.clusterJoinTokenId ?? ''
  await firn.client.firn.revokeJoinToken({ id, tokenId })
  const { project } = await desk.push()
  const [job] = await desk.jobs(project)
  assert.match(job?.because ?? '', /^Waiting for agent: none is online; the session of puppet was revoked \d+ s ago\./)
})

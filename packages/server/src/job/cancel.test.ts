import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after, before, test } from 'node:test'
import type { EvaluateEvent } from '@firn/contract/agent/evaluate-event'
import { type Desk, openDesk } from '@firn/testkit/desk'
import { drv, jobConfig, request, wanted } from '@firn/testkit/events'
import { type Installation, startInstallation } from '@firn/testkit/installation'
import { successful } from '@firn/testkit/puppet-agent'
import { until } from '@firn/testkit/wait'
import { connect } from '../db/connect.ts'
import { transact } from '../db/transact.ts'
import { cancelTasks } from '../dispatch/cancel-tasks.ts'
import { effectStep } from '../effect/task-step.ts'

let firn: Installation
before(async () => {
  firn = await startInstallation()
})
after(() => firn[Symbol.asyncDispose]())

const salted = (word: string) => `${word}-${randomUUID().slice(0, 8)}`
const accountId = async () => (await firn.client.accounts.list({}))[0]?.id ?? assert.fail('there is no account')
const detailOf = async (name: string) => firn.client.derivations.get({ id: await accountId(), drv: drv(name) })
const statusOf = async (name: string) => (await detailOf(name)).status
const jobOf = (id: string) => firn.client.jobs.get({ id })

/** Pushes and sends what its evaluation finds; the evaluation goes on unless it is to end. */
async function pushed(
  desk: Desk,
  events: EvaluateEvent[],
  { project, ref, end = true }: { project?: string; ref?: string; end?: boolean } = {},
) {
  const push = await desk.push({ ...(project && { project }), ...(ref && { ref }) })
  const task = await desk.evaluation()
  await desk.puppet.sendEvents(task.id, events)
  if (end) await desk.puppet.sendStatus(task.id, successful)
  const job = (await desk.jobs(push.project)).at(-1) ?? assert.fail('there is no job')
  return { ...push, task, jobId: job.id }
}

/** The evaluation of a commit; those that come before it are ended. */
async function evaluationOf(desk: Desk, rev: string) {
  for (;;) {
    const task = await desk.evaluation()
    const { src } = task.inputs
    if (src?.tag === 'Git' && src.contents.rev === rev) return task
    await desk.puppet.sendStatus(task.id, successful)
  }
}

const done = (jobId: string) => until('the job to be done', async () => (await jobOf(jobId)).jobPhase === 'Done')

test('2.5.7, 2.5.9, 2.2.7 a cancelled job fails, its running build is stopped, the rest is not begun', async () => {
  const [below, above] = [salted('below'), salted('above')]
  using desk = await openDesk(firn)
  const { jobId, task } = await pushed(desk, [...wanted(below), ...wanted(above, [below])], { end: false })
  const build = await desk.build()
  desk.line.tell({ tag: 'Started', contents: { taskId: build.id } })
  await until('the build to have begun', async () => (await statusOf(below)) === 'Building')
  assert.equal((await jobOf(jobId)).mayCancel, true)

  await firn.client.jobs.cancel({ id: jobId })
  const job = await jobOf(jobId)
  assert.deepEqual([job.jobPhase, job.jobStatus, job.isCancelled, job.mayCancel], ['Done', 'Failure', true, false])
  assert.equal(job.because, 'Cancelled by Administrator.')
  assert.deepEqual([await statusOf(below), await statusOf(above)], ['Cancelled', 'Cancelled'])
  const told = [await desk.line.task(), await desk.line.task()].map(({ payload }) => payload)
  assert.deepEqual(
    new Set(told.map((payload) => payload.tag === 'Cancel' && payload.contents.taskId)),
    new Set([build.id, task.id]),
  )

  // What the agent still says changes nothing (4.4.10), and what it still finds is not built.
  const late = salted('late')
  assert.equal((await desk.puppet.sendEvents(task.id, wanted(late))).status, 204)
  assert.equal((await desk.puppet.sendStatus(build.id, { tag: 'Exceptional', contents: 'thread killed' })).status, 204)
  assert.equal(await statusOf(below), 'Cancelled')
  await assert.rejects(detailOf(late), /no such derivation/)
  await assert.rejects(firn.client.jobs.cancel({ id: jobId }), /is done, so there is nothing left to cancel/)
})

test('2.5.7 what another job needs goes on, and what both need indirectly', async () => {
  const [deep, shared, mine] = [salted('deep'), salted('shared'), salted('mine')]
  using desk = await openDesk(firn)
  const first = await pushed(desk, [...wanted(deep), ...wanted(shared, [deep]), ...wanted(mine, [deep])])
  const second = await pushed(desk, wanted(shared, [deep]))
  await firn.client.jobs.cancel({ id: first.jobId })
  assert.equal((await jobOf(first.jobId)).because, 'Cancelled by Administrator, 2 builds of it go on for other jobs.')
  assert.equal(await statusOf(mine), 'Cancelled')
  assert.equal((await desk.finishBuild()).derivationPath, drv(deep))
  assert.equal((await desk.finishBuild()).derivationPath, drv(shared))
  await done(second.jobId)
  assert.equal((await jobOf(second.jobId)).jobStatus, 'Success')
})

test('2.5.6 a cancelled build is no failure of those who ask later, nor what was blocked by it', async () => {
  const [below, above] = [salted('below'), salted('above')]
  const events = [...wanted(below), ...wanted(above, [below])]
  using desk = await openDesk(firn)
  const first = await pushed(desk, events)
  const begun = await desk.build()
  assert.equal((await detailOf(below)).mayCancel, true)
  await firn.client.derivations.cancel({ id: await accountId(), drv: drv(below) })
  assert.deepEqual([await statusOf(below), await statusOf(above)], ['Cancelled', 'DependencyFailure'])
  assert.equal(
    (await detailOf(below)).because,
    'Cancelled by Administrator. It is built when somebody asks for it again.',
  )
  await done(first.jobId)
  assert.equal((await jobOf(first.jobId)).jobStatus, 'Failure')
  await assert.rejects(
    firn.client.derivations.cancel({ id: await accountId(), drv: drv(below) }),
    /neither waits nor builds/,
  )

  const second = await pushed(desk, events)
  const again = await desk.finishBuild()
  assert.equal(again.derivationPath, drv(below))
  assert.notEqual(again.id, begun.id)
  assert.equal((await desk.finishBuild()).derivationPath, drv(above))
  await done(second.jobId)
  assert.equal((await jobOf(second.jobId)).jobStatus, 'Success')
  assert.equal((await detailOf(below)).events.length, 2, 'the cancelled attempt stays in the history')
})

test('2.5.6 what is cancelled is built again for what needs it, asked for by name or not', async () => {
  const [below, above] = [salted('below'), salted('above')]
  using desk = await openDesk(firn)
  await pushed(desk, [...wanted(below), ...wanted(above, [below])])
  await desk.build()
  await firn.client.derivations.cancel({ id: await accountId(), drv: drv(below) })
  const { jobId } = await pushed(desk, wanted(above, [below]))
  assert.equal((await desk.finishBuild()).derivationPath, drv(below))
  assert.equal((await desk.finishBuild()).derivationPath, drv(above))
  await done(jobId)
  assert.equal((await jobOf(jobId)).jobStatus, 'Success')
})

test('2.5.6, 2.3.2, 2.3.3 what is built again because an evaluation imports from it says for which job; a retry resets', async () => {
  const name = salted('imported')
  using desk = await openDesk(firn, { concurrentTasks: 4 })
  await pushed(desk, wanted(name))
  await desk.build()
  await firn.client.derivations.cancel({ id: await accountId(), drv: drv(name) })
  const imported: EvaluateEvent = {
    tag: 'BuildRequired',
    contents: { index: 0, derivationPath: drv(name), outputName: 'out' },
  }
  const { jobId, task } = await pushed(desk, [imported, request(name)], { end: false })
  await desk.finishBuild({ tag: 'Terminated', contents: [] })
  await desk.puppet.sendStatus(task.id, successful)
  await firn.client.derivations.retry({ id: await accountId(), drv: drv(name) })
  await desk.finishBuild()
  const told = (await detailOf(name)).events.map((attempt) =>
    attempt.map((event) => ('Queued' in event ? event.Queued.requeuedForEvalOfJob : Object.keys(event)[0])),
  )
  assert.deepEqual(told, [
    [null, 'Cancelled'],
    [jobId, 'Failed', 'Reset'],
    [null, 'Built', 'Succeeded'],
  ])
})

test('2.5.6 the evaluation that asked for a build does not start it again once a person has cancelled it', async () => {
  const name = salted('stopped')
  using desk = await openDesk(firn, { concurrentTasks: 4 })
  const { task } = await pushed(desk, wanted(name), { end: false })
  await desk.build()
  await firn.client.derivations.cancel({ id: await accountId(), drv: drv(name) })
  await desk.puppet.sendEvents(task.id, [request(name)])
  assert.equal(await statusOf(name), 'Cancelled')
  const answer = await desk.puppet.get(`agent/eval-build/${encodeURIComponent(drv(name))}`)
  assert.equal(((await answer.json()) as string[])[1], 'BuildFailure', 'an evaluation that imports from it goes on')
  await desk.puppet.sendStatus(task.id, successful)
})

test('2.5.7 more builds than a statement has parameters are cancelled at once', async () => {
  using desk = await openDesk(firn)
  const name = salted('among-many')
  await pushed(desk, wanted(name))
  const { id } = await desk.build()
  const { db, close } = connect(firn.databaseUrl, { connectionsMax: 1 })
  const { subject } = await db.selectFrom('task').select('subject').where('id', '=', id).executeTakeFirstOrThrow()
  const subjects = [...Array.from({ length: 70_000 }, (_, i) => `none ${i}`), subject]
  const steps = { evaluate: effectStep, build: effectStep, effect: effectStep }
  await transact(db, (tx) => cancelTasks({ tx, steps }, { kind: 'build', subjects, because: 'Cancelled by Ada.' }))
  const { outcome } = await db.selectFrom('task').select('outcome').where('id', '=', id).executeTakeFirstOrThrow()
  await close()
  assert.equal(outcome, 'cancelled')
})

test('2.5.3, 2.5.4 a cancelled build is built again by a retry, a cancelled job by a rerun', async () => {
  const [first, second] = [salted('first'), salted('second')]
  using desk = await openDesk(firn)
  await pushed(desk, wanted(first))
  await desk.build()
  await firn.client.derivations.cancel({ id: await accountId(), drv: drv(first) })
  await firn.client.derivations.retry({ id: await accountId(), drv: drv(first) })
  assert.equal((await desk.finishBuild()).derivationPath, drv(first))

  const { jobId } = await pushed(desk, wanted(second))
  await desk.build()
  await firn.client.jobs.cancel({ id: jobId })
  const rerun = await firn.client.jobs.rerun({ id: jobId })
  assert.notEqual(rerun.startedBy, null)
  await desk.evaluate(wanted(second))
  assert.equal((await desk.finishBuild()).derivationPath, drv(second))
  await done(rerun.id)
  assert.equal((await jobOf(rerun.id)).jobStatus, 'Success')
})

test('5.2 the failure graph says what failed, and what because of it', async () => {
  const [bad, mid, top] = [salted('bad'), salted('mid'), salted('top')]
  using desk = await openDesk(firn)
  const { jobId } = await pushed(desk, [...wanted(bad), ...wanted(mid, [bad]), ...wanted(top, [mid])])
  await desk.finishBuild({ tag: 'Terminated', contents: [] })
  await done(jobId)
  const { nodes } = await firn.client.jobs.failures({ id: jobId })
  assert.deepEqual(Object.fromEntries(nodes.map((node) => [node.derivation, node.failedDependencies])), {
    [drv(bad)]: [],
    [drv(mid)]: [drv(bad)],
    [drv(top)]: [drv(mid)],
  })
})

test('2.5.2 a failure from before says when it was and for which job', async () => {
  const bad = salted('bad')
  using desk = await openDesk(firn)
  const first = await pushed(desk, wanted(bad))
  await desk.finishBuild({ tag: 'Terminated', contents: [] })
  await done(first.jobId)
  assert.equal((await firn.client.firn.jobOverview({ id: first.jobId })).failures[0]?.remembered, null)
  const second = await pushed(desk, wanted(bad))
  await done(second.jobId)
  const [failure] = (await firn.client.firn.jobOverview({ id: second.jobId })).failures
  assert.deepEqual(failure?.remembered?.job, { site: 'local', account: 'local', project: first.project, index: 1 })
})

test('2.5.11 a newer push ends the older jobs of its branch, if the project wants that, and keeps what it needs too', async () => {
  const [shared, old] = [salted('shared'), salted('old')]
  using desk = await openDesk(firn, { concurrentTasks: 4 })
  const first = await pushed(desk, [...wanted(shared), ...wanted(old)])
  const { id } = await firn.client.projects.bySite({ site: 'local', account: 'local', project: first.project })
  assert.equal((await firn.client.firn.settings({ id })).supersede, false)
  await firn.client.firn.changeSettings({ id, supersede: true })
  const builds = [await desk.build(), await desk.build()]

  const second = await pushed(desk, wanted(shared), { project: first.project, end: false })
  assert.equal((await jobOf(first.jobId)).jobPhase, 'Building', 'what the newer push needs is not known yet')
  await desk.puppet.sendStatus(second.task.id, successful)
  await done(first.jobId)
  assert.equal((await jobOf(first.jobId)).because, 'Superseded by #2, 1 build of it goes on for other jobs.')
  const stopped = builds.find((build) => build.derivationPath === drv(old))
  assert.deepEqual((await desk.line.task()).payload, { tag: 'Cancel', contents: { taskId: stopped?.id } })
  for (const build of builds) await desk.puppet.sendStatus(build.id, successful)
  await done(second.jobId)
  assert.deepEqual([await statusOf(shared), await statusOf(old)], ['BuildSuccess', 'Cancelled'])
  assert.equal((await jobOf(second.jobId)).jobStatus, 'Success')
})

test('2.5.11 a newer push ends the evaluation of older ones at once, and their builds once it is known what it needs', async () => {
  const [shared, old] = [salted('shared'), salted('old')]
  using desk = await openDesk(firn, { concurrentTasks: 12 })
  const first = await pushed(desk, [...wanted(shared), ...wanted(old)], { end: false })
  const { project } = first
  const { id } = await firn.client.projects.bySite({ site: 'local', account: 'local', project })
  await firn.client.firn.changeSettings({ id, supersede: true })
  const builds = [await desk.build(), await desk.build()]
  const elsewhere = {
    tag: await pushed(desk, [], { project, ref: 'refs/tags/v1', end: false }),
    branch: await pushed(desk, [], { project, ref: 'refs/heads/other', end: false }),
  }

  await desk.push({ project })
  await done(first.jobId)
  assert.equal(
    (await jobOf(first.jobId)).because,
    'Superseded by #4 before it was evaluated, 2 builds of it go on, which others may need.',
  )
  await desk.push({ project, ref: 'refs/tags/v1' })
  await desk.push({ project })
  const jobs = await until('the fourth to be superseded', async () => {
    const all = await desk.jobs(project)
    return all[3]?.isCancelled && all
  })
  assert.deepEqual(
    jobs.map((job) => [job.source.ref, job.isCancelled]),
    [
      ['refs/heads/main', true],
      ['refs/tags/v1', false],
      ['refs/heads/other', false],
      ['refs/heads/main', true],
      ['refs/tags/v1', false],
      ['refs/heads/main', false],
    ],
  )
  const newest = await evaluationOf(desk, jobs[5]?.source.revision ?? '')
  await desk.puppet.sendEvents(newest.id, wanted(shared))
  await desk.puppet.sendStatus(newest.id, successful)
  await until('what only the first needed to be cancelled', async () => (await statusOf(old)) === 'Cancelled')
  assert.equal(await statusOf(shared), 'Waiting')
  for (const build of builds) await desk.puppet.sendStatus(build.id, successful)
  for (const { task } of Object.values(elsewhere)) await desk.puppet.sendStatus(task.id, successful)
  await done(jobs[5]?.id ?? '')
  assert.equal((await jobOf(jobs[5]?.id ?? '')).jobStatus, 'Success')
})

test('2.5.11 without the setting older jobs go on, and another branch is another matter', async () => {
  const [first, second] = [salted('first'), salted('second')]
  using desk = await openDesk(firn, { concurrentTasks: 4 })
  const one = await pushed(desk, wanted(first))
  await pushed(desk, wanted(second), { project: one.project })
  for (let i = 0; i < 2; i++) await desk.finishBuild()
  await done(one.jobId)
  assert.equal((await jobOf(one.jobId)).jobStatus, 'Success')
})

test('2.5.7 a configuration that is cancelled starts no jobs; a stranger may cancel nothing', async () => {
  using desk = await openDesk(firn)
  const { jobId, task, project } = await pushed(desk, [jobConfig], { end: false })
  const path = `${firn.url}/api/v1/jobs/${jobId}/cancel`
  assert.equal((await fetch(path, { method: 'POST' })).status, 401)
  await firn.client.jobs.cancel({ id: jobId })
  const handler = { handlerName: 'default', handlerExtraInputs: {}, isFlake: false }
  await desk.puppet.sendEvents(task.id, [{ tag: 'OnPushHandlerEvent', contents: handler }])
  await desk.puppet.sendStatus(task.id, successful)
  assert.deepEqual(
    (await desk.jobs(project)).map((job) => [job.jobType, job.isCancelled]),
    [['Config', true]],
  )
})

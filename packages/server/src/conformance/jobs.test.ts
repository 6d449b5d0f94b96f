/** Statements about jobs (hercules-ci.md 1, 2) that no other test of the server shows. */
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { after, before, test } from 'node:test'
import type { EvaluateEvent } from '@firn/contract/agent/evaluate-event'
import { type Desk, openDesk } from '@firn/testkit/desk'
import { attribute, derivation, drv, failure, handler, jobConfig, request, wanted } from '@firn/testkit/events'
import { type Installation, startInstallation } from '@firn/testkit/installation'
import { successful, terminated } from '@firn/testkit/puppet-agent'
import { openRepository } from '@firn/testkit/repository'
import { until } from '@firn/testkit/wait'

let firn: Installation
let desk: Desk
before(async () => {
  firn = await startInstallation()
  desk = await openDesk(firn, { concurrentTasks: 8 })
})
after(async () => {
  desk[Symbol.dispose]()
  await firn[Symbol.asyncDispose]()
})

const ended = (project: string, count: number) =>
  until(`${count} jobs of ${project} to end`, async () => {
    const jobs = await desk.jobs(project)
    return jobs.length === count && jobs.every((job) => job.jobPhase === 'Done') && jobs
  })

function withLib(project: string): EvaluateEvent {
  const lib = { tag: 'SiblingInput' as const, contents: { project, ref: null } }
  return {
    tag: 'OnPushHandlerEvent',
    contents: { handlerName: 'default', handlerExtraInputs: { lib }, isFlake: false },
  }
}

test('1.2.2 the source of a task has no .git, and of a submodule an empty folder', async () => {
  await using repository = await openRepository()
  const project = `p${randomUUID().slice(0, 8)}`
  await repository.commit({ 'ci.nix': '{ }', '.gitmodules': '[submodule "sub"]\npath = sub\nurl = ./sub\n' })
  const other = await repository.git('rev-parse', 'HEAD')
  await repository.git('update-index', '--add', '--cacheinfo', `160000,${other.trim()},sub`)
  await repository.git('commit', '--quiet', '--message', 'a submodule')
  await repository.push(firn.remote(project))
  const task = await desk.evaluation()
  const tarball = Buffer.from(await (await fetch(task.otherInputs.src ?? '')).arrayBuffer())
  const names = execFileSync('tar', ['-tz'], { input: tarball, encoding: 'utf8' }).trim().split('\n').sort()
  assert.deepEqual(
    names,
    ['', '.gitmodules', 'ci.nix', 'sub/'].map((name) => `${project}/${name}`),
  )
  await desk.puppet.sendStatus(task.id, successful)
})

test('1.4.11, 2.1.2, 2.1.3 a push runs the configuration first, then a job of each handler', async () => {
  const { project } = await desk.push()
  const when = { minute: null, hour: [3], dayOfWeek: null, dayOfMonth: null }
  const nightly: EvaluateEvent = {
    tag: 'OnScheduleHandlerEvent',
    contents: { handlerName: 'nightly', handlerExtraInputs: {}, isFlake: false, when },
  }
  const config = await desk.evaluate([jobConfig, handler('default'), nightly])
  assert.deepEqual(config.selector, { tag: 'ConfigOrLegacy' })
  const own = await desk.evaluate([])
  assert.deepEqual(own.selector, { tag: 'OnPush', contents: { name: 'default', inputs: {} } })
  const jobs = await ended(project, 2)
  assert.deepEqual(
    jobs.map((job) => [job.jobType, job.jobName]),
    [
      ['Config', null],
      ['OnPush', 'default'],
    ],
  )
  const declared = await firn.client.jobs.handlers({ id: jobs[0]?.id ?? '' })
  assert.deepEqual(
    declared.onSchedule.map((schedule) => [schedule.name, schedule.when]),
    [['nightly', when]],
  )
})

test('1.10.5, 2.1.1 jobs are numbered within their project; the same commit with other extra inputs is another one', async () => {
  const lib = await desk.push()
  await desk.evaluate([jobConfig])
  await ended(lib.project, 1)

  await using app = await openRepository()
  const project = `p${randomUUID().slice(0, 8)}`
  const rev = await app.commit({ 'ci.nix': '{ }' })
  await app.push(firn.remote(project))
  await desk.evaluate([jobConfig, withLib(lib.project)])
  await desk.evaluate([])
  await ended(project, 2)

  const newer = await desk.push({ project: lib.project })
  await desk.evaluate([jobConfig])
  await ended(lib.project, 2)
  await app.push(firn.remote(project), 'HEAD:refs/heads/again')
  await desk.evaluate([jobConfig, withLib(lib.project)])
  await desk.evaluate([])
  const jobs = await ended(project, 4)
  assert.deepEqual(
    jobs.map((job) => [job.index, job.source.revision, job.source.ref, job.extraInputs.lib?.rev]),
    [
      [1, rev, 'refs/heads/main', undefined],
      [2, rev, 'refs/heads/main', lib.rev],
      [3, rev, 'refs/heads/again', undefined],
      [4, rev, 'refs/heads/again', newer.rev],
    ],
  )
})

test('2.1.4 the source of a job: revision, ref, message, committer and a link', async () => {
  const { project, rev } = await desk.push()
  await desk.evaluate([])
  const [job] = await ended(project, 1)
  assert.deepEqual(job?.source, {
    revision: rev,
    ref: 'refs/heads/main',
    message: 'a change',
    gitCommitterName: 'Ada',
    committer: null,
    link: `/local/local/${project}/commits/${rev}`,
  })
})

const effectOf = (name: string): EvaluateEvent => ({
  tag: 'AttributeEffect',
  contents: { expressionPath: ['effects', 'x'], derivationPath: drv(name), secretsToUse: {} },
})

test('10.19 effects are listed as not run, so a job waits for no other: neither for its effects nor for its failure', async () => {
  const [slow, quick] = ['slow', 'quick'].map((word) => `${word}-${randomUUID().slice(0, 8)}`) as [string, string]
  const { project } = await desk.push()
  await desk.evaluate([...wanted(slow), effectOf(slow)])
  const build = await desk.build()
  await desk.push({ project })
  await desk.evaluate([...wanted(quick), effectOf(quick)])
  await desk.finishBuild()
  const second = await until('the second job to be done before the first', async () => {
    const [first, job] = await desk.jobs(project)
    return first?.jobPhase === 'Building' && job?.jobPhase === 'Done' && job
  })
  assert.deepEqual([second.jobStatus, second.effectsStatus], ['Success', 'Success'])
  assert.match(second.because, /1 effect not run by this version of Firn/)
  await desk.puppet.sendStatus(build.id, terminated)
  const [first] = await ended(project, 2)
  assert.equal(first?.jobStatus, 'Failure')
  const { notRun } = await firn.client.firn.jobOverview({ id: first?.id ?? '' })
  assert.deepEqual(notRun, [{ what: 'effect', name: 'effects.x' }])
})

test('5.3 the evaluation of a job names its agent and the version of that', async () => {
  const { project } = await desk.push()
  const { id } = await desk.evaluation()
  desk.line.tell({ tag: 'Started', contents: { taskId: id } })
  const jobId = (await desk.jobs(project))[0]?.id ?? ''
  const detail = await until('the evaluation to have begun', async () => {
    const now = await firn.client.jobs.evaluation({ id: jobId })
    return now.agentHostname !== null && now
  })
  assert.deepEqual([detail.agentHostname, detail.agentVersion], ['puppet', 'puppet'])
  await desk.puppet.sendStatus(id, successful)
})

test('2.1.6 a job names who started it and who cancelled it', async () => {
  const { project } = await desk.push()
  await desk.evaluate([])
  const [job] = await ended(project, 1)
  assert.deepEqual([job?.startedBy, job?.cancelledBy, job?.mayCancel], [null, null, false])
  const { id, startedBy, mayCancel } = await firn.client.jobs.rerun({ id: job?.id ?? '' })
  assert.deepEqual([typeof startedBy, mayCancel], ['string', true])
  await firn.client.jobs.cancel({ id })
  assert.equal((await firn.client.jobs.get({ id })).cancelledBy, startedBy)
  await desk.evaluation()
})

test('2.1.6 a rerun names the job it repeats; who only looks may not rerun', async () => {
  const { project } = await desk.push()
  await desk.evaluate([])
  const [job] = await ended(project, 1)
  assert.deepEqual([job?.rerunOf, job?.mayRerun], [null, true])
  const again = await firn.client.jobs.rerun({ id: job?.id ?? '' })
  assert.deepEqual([again.rerunOf, again.rerunOfIndex, again.index], [job?.id, 1, 2])
  await desk.evaluate([])
  const visitor = await (await fetch(`${firn.url}/api/v1/jobs/${job?.id}`)).json()
  assert.equal(JSON.parse(JSON.stringify(visitor)).mayRerun, false)
  const refused = await fetch(`${firn.url}/api/v1/jobs/${job?.id}/rerun`, { method: 'POST' })
  assert.equal(refused.status, 401)
})

test('1.9.3, 2.2.4 an attribute error fails the evaluation, and the other attributes are built', async () => {
  const good = `good-${randomUUID().slice(0, 8)}`
  const { project } = await desk.push()
  await desk.evaluate([...wanted(good), failure(['bad'], 'no')])
  const build = await desk.finishBuild()
  assert.equal(build.derivationPath, drv(good))
  const [job] = await ended(project, 1)
  assert.deepEqual([job?.jobStatus, job?.evaluationStatus, job?.derivationStatus], ['Failure', 'Failure', 'Success'])
})

test('2.2.8 an evaluation counts its derivations by state', async () => {
  const [bad, above, slow, behind, good] = ['bad', 'above', 'slow', 'behind', 'good'].map(
    (word) => `${word}-${randomUUID().slice(0, 8)}`,
  ) as [string, string, string, string, string]
  const { project } = await desk.push()
  await desk.evaluate([
    ...wanted(bad),
    ...wanted(above, [bad]),
    ...wanted(slow),
    ...wanted(behind, [slow]),
    ...wanted(good),
  ])
  const builds = [await desk.build(), await desk.build(), await desk.build()]
  const at = (name: string) => builds.find((build) => build.derivationPath === drv(name))?.id ?? ''
  desk.line.tell({ tag: 'Started', contents: { taskId: at(slow) } })
  await desk.puppet.sendStatus(at(bad), terminated)
  await desk.puppet.sendStatus(at(good), successful)
  const [job] = await desk.jobs(project)
  const detail = await until('the build to have begun', async () => {
    const found = await firn.client.jobs.evaluation({ id: job?.id ?? '' })
    return found.building === 1 && found
  })
  const { waiting, building, buildFailure, dependencyFailure, buildSuccess, cancelled } = detail
  assert.deepEqual(
    { waiting, building, buildFailure, dependencyFailure, buildSuccess, cancelled },
    { waiting: 1, building: 1, buildFailure: 1, dependencyFailure: 1, buildSuccess: 1, cancelled: 0 },
  )
  await desk.puppet.sendStatus(at(slow), successful)
  await desk.finishBuild()
  await ended(project, 1)
})

test('2.5.5 pushing a branch evaluates its commit again', async () => {
  await using repository = await openRepository()
  const project = `p${randomUUID().slice(0, 8)}`
  const rev = await repository.commit({ 'ci.nix': '{ }' })
  await repository.push(firn.remote(project))
  await desk.evaluate([])
  await repository.push(firn.remote(project), 'HEAD:refs/heads/retry')
  await desk.evaluate([])
  const jobs = await ended(project, 2)
  assert.deepEqual(
    jobs.map((job) => [job.source.revision, job.source.ref]),
    [
      [rev, 'refs/heads/main'],
      [rev, 'refs/heads/retry'],
    ],
  )
})

test('1.8.2 attributes keep the type that the agent gives', async () => {
  const name = `typed-${randomUUID().slice(0, 8)}`
  const types = ['Regular', 'MustFail', 'MayFail', 'DependenciesOnly'] as const
  const { project } = await desk.push()
  await desk.evaluate([
    derivation(name),
    request(name),
    ...types.map((type) => attribute([type], name, type)),
    effectOf(name),
  ])
  await desk.finishBuild()
  const [job] = await ended(project, 1)
  const { attributes } = await firn.client.jobs.evaluation({ id: job?.id ?? '' })
  assert.deepEqual(Object.fromEntries(attributes.map(({ path, typ }) => [path.join('.'), typ])), {
    ...Object.fromEntries(types.map((type) => [type, type])),
    'effects.x': 'Effect',
  })
})

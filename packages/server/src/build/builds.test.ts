/** Long because all of it is tried at one installation, whose start costs more than most of these tests. */
import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after, before, test } from 'node:test'
import type { EvaluateEvent } from '@firn/contract/agent/evaluate-event'
import type { ServerPayload } from '@firn/contract/agent/socket'
import type { TaskStatus } from '@firn/contract/agent/task'
import { attribute, derivation, drv, failure, handler, jobConfig, out, request, wanted } from '@firn/testkit/events'
import { type Installation, startInstallation } from '@firn/testkit/installation'
import { type AgentLine, joinPuppet, type Puppet, successful, terminated } from '@firn/testkit/puppet-agent'
import { openRepository } from '@firn/testkit/repository'
import { finishedCommit, until } from '@firn/testkit/wait'

let firn: Installation
let puppet: Puppet
let line: AgentLine
before(async () => {
  firn = await startInstallation()
  puppet = await joinPuppet(firn, { concurrentTasks: 8 })
  line = (await puppet.connect()).line
})
after(async () => {
  line.drop()
  await firn[Symbol.asyncDispose]()
})

let salt = 0
/** A name that no other test uses. */
const name = (word: string) => `${word}-${salt}`

async function push() {
  salt += 1
  await using repository = await openRepository()
  const project = `p${randomUUID().slice(0, 8)}`
  const rev = await repository.commit({ 'ci.nix': '{ }' })
  await repository.push(firn.remote(project))
  return { project, rev }
}

type Task = { tag: 'StartEvaluation' | 'StartBuild'; id: string; drv?: string; name?: string; inputs?: string[] }

const stash: Task[] = []

/** The next task of a kind; tasks of the other kind that come before it are kept for later. */
async function next(tag: Task['tag']): Promise<Task> {
  const at = stash.findIndex((task) => task.tag === tag)
  if (at >= 0) return stash.splice(at, 1)[0] as Task
  for (;;) {
    const task = read((await line.task()).payload)
    if (task.tag === tag) return task
    stash.push(task)
  }
}

function read(payload: ServerPayload): Task {
  if (payload.tag === 'StartBuild') {
    const { id, derivationPath, inputDerivationOutputPaths } = payload.contents
    return { tag: payload.tag, id, drv: derivationPath, inputs: inputDerivationOutputPaths }
  }
  assert.ok(payload.tag === 'StartEvaluation', `an unexpected ${payload.tag}`)
  const { id, selector } = payload.contents
  return { tag: payload.tag, id, ...(selector.tag === 'OnPush' ? { name: selector.contents.name } : {}) }
}

/** Takes the Config job of a push as a legacy evaluation with these events. */
async function evaluate(
  events: EvaluateEvent[],
  status: TaskStatus = successful,
): Promise<{ project: string; rev: string }> {
  const pushed = await push()
  const { id } = await next('StartEvaluation')
  assert.equal((await puppet.sendEvents(id, events)).status, 204)
  assert.equal((await puppet.sendStatus(id, status)).status, 204)
  return pushed
}

async function jobsOf(at: { project: string; rev: string }) {
  return (await finishedCommit(firn.client, at.project, at.rev)).jobs
}

async function states(jobId: string): Promise<Record<string, string>> {
  const { items } = await firn.client.firn.attributes({ id: jobId })
  return Object.fromEntries(items.map((row) => [row.path.join('.'), row.state]))
}

test('1.4.7 handlers that a configuration announces become jobs, each evaluated on its own', async () => {
  const pushed = await push()
  const config = await next('StartEvaluation')
  await puppet.sendEvents(config.id, [jobConfig, handler('checks'), handler('default')])
  await puppet.sendStatus(config.id, successful)
  const [first, second] = [await next('StartEvaluation'), await next('StartEvaluation')]
  assert.deepEqual([first.name, second.name].sort(), ['checks', 'default'])
  for (const task of [first, second]) await puppet.sendStatus(task.id, successful)
  const jobs = await jobsOf(pushed)
  assert.deepEqual(
    jobs.map((job) => [job.index, job.jobType, job.jobName, job.jobStatus]),
    [
      [1, 'Config', null, 'Success'],
      [2, 'OnPush', jobs[1]?.jobName, 'Success'],
      [3, 'OnPush', jobs[2]?.jobName, 'Success'],
    ],
  )
})

test('1.4.9 a configuration without onPush handlers makes no job and is green', async () => {
  const jobs = await jobsOf(await evaluate([jobConfig]))
  assert.deepEqual(
    jobs.map((job) => [job.jobType, job.jobStatus]),
    [['Config', 'Success']],
  )
  assert.match(jobs[0]?.because ?? '', /declares no onPush job/)
})

test('1.11.10 a configuration with an error in it starts none of its handlers', async () => {
  const jobs = await jobsOf(
    await evaluate([jobConfig, handler('default'), failure([], 'minute value 60 is out of range')]),
  )
  assert.deepEqual(
    jobs.map((job) => [job.jobType, job.jobStatus, job.evaluationStatus]),
    [['Config', 'Failure', 'Failure']],
  )
})

test('1.4.8 attributes without a configuration make a Legacy job', async () => {
  const pushed = await evaluate(wanted(name('old')))
  const build = await next('StartBuild')
  await puppet.sendStatus(build.id, successful)
  const jobs = await jobsOf(pushed)
  assert.deepEqual(
    jobs.map((job) => [job.jobType, job.jobStatus]),
    [['Legacy', 'Success']],
  )
})

test('1.1.4 an error message fails the evaluation though the task succeeded', async () => {
  const message: EvaluateEvent = { tag: 'Message', contents: { index: 0, typ: 'Error', message: 'nothing to build' } }
  const [job] = await jobsOf(await evaluate([message]))
  assert.deepEqual([job?.jobStatus, job?.evaluationStatus], ['Failure', 'Failure'])
})

test('1.14.6 a derivation is built once all that it needs is there, with the outputs of its inputs', async () => {
  const [a, b, c] = ['a', 'b', 'c'].map(name) as [string, string, string]
  const pushed = await evaluate([...wanted(a), ...wanted(b, [a]), ...wanted(c, [a, b])])
  const order: (string | undefined)[] = []
  for (let i = 0; i < 3; i++) {
    const build = await next('StartBuild')
    order.push(build.drv)
    if (build.drv === drv(c)) assert.deepEqual(build.inputs, [out(a), out(b)].sort())
    await puppet.sendStatus(build.id, successful)
  }
  assert.deepEqual(order, [drv(a), drv(b), drv(c)])
  const [job] = await jobsOf(pushed)
  assert.equal(job?.counts.buildSuccess, 3)
})

test('2.3.1 what needs a failed derivation is blocked, however indirectly, and the rest is built', async () => {
  const [bad, mid, top, good] = ['bad', 'mid', 'top', 'good'].map(name) as [string, string, string, string]
  const pushed = await evaluate([...wanted(bad), ...wanted(mid, [bad]), ...wanted(top, [mid]), ...wanted(good)])
  for (let i = 0; i < 2; i++) {
    const build = await next('StartBuild')
    await puppet.sendStatus(build.id, build.drv === drv(bad) ? terminated : successful)
  }
  const [job] = await jobsOf(pushed)
  assert.deepEqual(await states(job?.id ?? ''), {
    [bad]: 'Failed',
    [mid]: 'Blocked',
    [top]: 'Blocked',
    [good]: 'Succeeded',
  })
  assert.equal(job?.because, '1 of 4 builds failed, 2 blocked by it.')
  const overview = await firn.client.firn.jobOverview({ id: job?.id ?? '' })
  assert.deepEqual(overview.failures[0]?.attributes, [[bad]])
  assert.deepEqual(overview.failures[0]?.blocks, [[mid], [top]])
})

test('1.8.11, 2.2.6 marks: MayFail does not count, MustFail counts reversed, dependencies count for shells', async () => {
  const [may, must, dep, shell] = ['may', 'must', 'dep', 'shell'].map(name) as [string, string, string, string]
  const events = [
    derivation(may),
    request(may),
    attribute([may], may, 'MayFail'),
    derivation(must),
    request(must),
    attribute([must], must, 'MustFail'),
    derivation(dep),
    request(dep),
    derivation(shell, [dep]),
    attribute([shell], shell, 'DependenciesOnly'),
  ]
  const pushed = await evaluate(events)
  for (let i = 0; i < 3; i++) {
    const build = await next('StartBuild')
    assert.notEqual(build.drv, drv(shell), '1.8.10 the shell itself is not built')
    await puppet.sendStatus(build.id, build.drv === drv(dep) ? successful : terminated)
  }
  const [job] = await jobsOf(pushed)
  assert.equal(job?.jobStatus, 'Success')
  assert.deepEqual(await states(job?.id ?? ''), { [may]: 'Ignored', [must]: 'Succeeded', [shell]: 'Succeeded' })
})

test('1.8.11, 10.18 a MustFail that succeeds fails the job', async () => {
  const must = name('repaired')
  const pushed = await evaluate([derivation(must), request(must), attribute([must], must, 'MustFail')])
  await puppet.sendStatus((await next('StartBuild')).id, successful)
  assert.equal((await jobsOf(pushed))[0]?.jobStatus, 'Failure')
})

test('2.5.1 a derivation is built once for all jobs of the account', async () => {
  const shared = name('shared')
  const first = await evaluate(wanted(shared))
  const second = await evaluate(wanted(shared))
  const build = await next('StartBuild')
  await puppet.sendStatus(build.id, successful)
  for (const pushed of [first, second]) assert.equal((await jobsOf(pushed))[0]?.jobStatus, 'Success')
  const third = await evaluate(wanted(shared))
  assert.equal((await jobsOf(third))[0]?.jobStatus, 'Success', 'what is built needs no task')
})

test('2.5.2, 2.5.3, 10.20 a failure is remembered, and retry builds it and what it blocked again', async () => {
  const [bad, above] = ['remembered', 'above'].map(name) as [string, string]
  const events = [...wanted(bad), ...wanted(above, [bad])]
  const first = await evaluate(events)
  await puppet.sendStatus((await next('StartBuild')).id, terminated)
  assert.equal((await jobsOf(first))[0]?.jobStatus, 'Failure')
  const second = await evaluate(events)
  assert.equal((await jobsOf(second))[0]?.because, '1 of 2 builds failed, 1 blocked by it.')

  const [account] = await firn.client.accounts.list({})
  await firn.client.derivations.retry({ id: account?.id ?? '', drv: drv(above) })
  for (const path of [drv(bad), drv(above)]) {
    const build = await next('StartBuild')
    assert.equal(build.drv, path)
    await puppet.sendStatus(build.id, successful)
  }
  for (const pushed of [first, second]) {
    const green = await until('the job to be green', async () => {
      const [job] = (await finishedCommit(firn.client, pushed.project, pushed.rev)).jobs
      return job?.jobStatus === 'Success' && job
    })
    assert.equal(green.because, 'All 2 built.')
  }
  const detail = await firn.client.derivations.get({ id: account?.id ?? '', drv: drv(bad) })
  assert.equal(detail.events.length, 2, 'each attempt has its own events')
})

test('4.6.1 a batch that comes twice changes nothing', async () => {
  const twice = name('twice')
  const pushed = await push()
  const { id } = await next('StartEvaluation')
  const message: EvaluateEvent = { tag: 'Message', contents: { index: 0, typ: 'Trace', message: 'hello' } }
  for (let i = 0; i < 2; i++) await puppet.sendEvents(id, [message, ...wanted(twice), failure(['x'], 'no')])
  await puppet.sendStatus(id, successful)
  await puppet.sendStatus((await next('StartBuild')).id, successful)
  const [job] = await jobsOf(pushed)
  assert.deepEqual(await states(job?.id ?? ''), { [twice]: 'Succeeded', x: 'Error' })
  const detail = await firn.client.jobs.evaluation({ id: job?.id ?? '' })
  assert.equal(detail.messages.length, 1)
})

test('4.4.7b an attribute may come before its derivation', async () => {
  const [late, dep] = ['late', 'late-dep'].map(name) as [string, string]
  const pushed = await push()
  const { id } = await next('StartEvaluation')
  await puppet.sendEvents(id, [attribute([late], late, 'DependenciesOnly')])
  await puppet.sendEvents(id, [derivation(dep), derivation(late, [dep]), request(dep)])
  await puppet.sendStatus(id, successful)
  const build = await next('StartBuild')
  assert.equal(build.drv, drv(dep))
  await puppet.sendStatus(build.id, terminated)
  const [job] = await jobsOf(pushed)
  assert.deepEqual(await states(job?.id ?? ''), { [late]: 'Blocked' })
})

test('4.6.1 a build may be asked for before it is known what it is', async () => {
  const early = name('early')
  const pushed = await push()
  const { id } = await next('StartEvaluation')
  await puppet.sendEvents(id, [request(early), attribute([early], early)])
  await puppet.sendEvents(id, [derivation(early)])
  const build = await next('StartBuild')
  assert.equal(build.drv, drv(early), 'while the evaluation goes on')
  await puppet.sendStatus(id, successful)
  await puppet.sendStatus(build.id, successful)
  const [job] = await jobsOf(pushed)
  assert.deepEqual(await states(job?.id ?? ''), { [early]: 'Succeeded' })
})

test('1.14.6, 2.3.1 what is new stands as what it needs does: built, failed, at work, cancelled', async () => {
  const [account] = await firn.client.accounts.list({})
  const accountId = account?.id ?? ''
  const [built, failed, working, cancelled] = ['built', 'failed', 'working', 'cancelled'].map(name) as [
    string,
    string,
    string,
    string,
  ]
  await evaluate([built, failed, working, cancelled].flatMap((one) => wanted(one)))
  const tasks = new Map<string, string>()
  while (tasks.size < 4) {
    const { drv: path = '', id } = await next('StartBuild')
    tasks.set(path, id)
  }
  const end = (which: string, status: TaskStatus) => puppet.sendStatus(tasks.get(drv(which)) ?? '', status)
  await end(built, successful)
  await end(failed, terminated)
  await firn.client.derivations.cancel({ id: accountId, drv: drv(cancelled) })
  assert.equal((await line.task()).payload.tag, 'Cancel')

  const above = (one: string) => `above-${one}`
  const ones = [built, failed, working, cancelled]
  const pushed = await evaluate(ones.flatMap((one) => wanted(above(one), [one])))
  const started = new Set<string>()
  const startOf = async (...names: string[]) => {
    for (const _ of names) {
      const { drv: path = '', id } = await next('StartBuild')
      started.add(path)
      tasks.set(path, id)
    }
    assert.deepEqual([...started].sort(), names.map(drv).sort())
    started.clear()
  }
  await startOf(above(built), cancelled)
  await end(cancelled, successful)
  await startOf(above(cancelled))
  await end(working, successful)
  await startOf(above(working))
  for (const one of [built, cancelled, working]) await end(above(one), successful)
  const [job] = await jobsOf(pushed)
  assert.deepEqual(
    await states(job?.id ?? ''),
    Object.fromEntries(ones.map((one) => [above(one), one === failed ? 'Blocked' : 'Succeeded'])),
  )
})

test('2.3.6 a technical failure is tried again, and after three times told as not the fault of the derivation', async () => {
  const flaky = name('flaky')
  const pushed = await evaluate(wanted(flaky))
  for (let i = 0; i < 3; i++) {
    const build = await next('StartBuild')
    await puppet.sendStatus(build.id, { tag: 'Exceptional', contents: 'no space left on device' })
  }
  const [job] = await jobsOf(pushed)
  const overview = await firn.client.firn.jobOverview({ id: job?.id ?? '' })
  assert.match(overview.failures[0]?.technicalError ?? '', /Gave up after 3 tries.*no space left/)
  const [account] = await firn.client.accounts.list({})
  const detail = await firn.client.derivations.get({ id: account?.id ?? '', drv: drv(flaky) })
  assert.match(detail.because, /not the derivation's fault/)
})

test('1.14.7, 4.13.1 what no agent can build waits, and says for what', async () => {
  const [arm, kvm] = ['arm', 'kvm'].map(name) as [string, string]
  const pushed = await evaluate([
    derivation(arm, [], { platform: 'aarch64-linux' }),
    request(arm),
    attribute([arm], arm),
    derivation(kvm, [], { features: ['kvm'] }),
    request(kvm),
    attribute([kvm], kvm),
  ])
  const [account] = await firn.client.accounts.list({})
  const at = (word: string) => firn.client.derivations.get({ id: account?.id ?? '', drv: drv(word) })
  assert.equal((await at(arm)).because, 'Waiting for agent: none for aarch64-linux is online.')
  assert.equal((await at(kvm)).because, 'Waiting for agent: none for x86_64-linux offers feature kvm.')
  const { items } = await firn.client.projects.jobsBySite({ site: 'local', account: 'local', project: pushed.project })
  const detail = await firn.client.jobs.evaluation({ id: items[0]?.id ?? '' })
  assert.deepEqual(
    detail.unmetAgentRequirements.sort((a, b) => a.platform.localeCompare(b.platform)),
    [
      { platform: 'aarch64-linux', requiredSystemFeatures: [] },
      { platform: 'x86_64-linux', requiredSystemFeatures: ['kvm'] },
    ],
  )
})

test('1.13.2 an evaluation is told how the build stands that it waits for', async () => {
  const imported = name('imported')
  const pushed = await push()
  const { id } = await next('StartEvaluation')
  const path = `agent/eval-build/${encodeURIComponent(drv(imported))}`
  assert.equal(await (await puppet.get(path)).json(), null)
  await puppet.sendEvents(id, [derivation(imported), request(imported)])
  const [attempt, status] = (await (await puppet.get(path)).json()) as [string, string]
  assert.equal(status, 'Waiting')
  const build = await next('StartBuild')
  await puppet.sendStatus(build.id, successful)
  assert.deepEqual(await (await puppet.get(path)).json(), [attempt, 'BuildSuccess'])
  await puppet.sendStatus(id, successful)
  await jobsOf(pushed)
})

test('4.7.1 outputs that an agent reports are believed of its own derivation only', async () => {
  const [mine, other] = ['mine', 'other'].map(name) as [string, string]
  const pushed = await evaluate([...wanted(mine), derivation(other)])
  const build = await next('StartBuild')
  const info = (of: string) => ({
    tag: 'OutputInfo' as const,
    contents: { deriver: drv(of), name: 'out', path: out(of), hash: 'sha256:x', size: 42, references: [] },
  })
  await puppet.sendBuild(build.id, [info(mine), info(other), { tag: 'Done', contents: true }])
  await puppet.sendStatus(build.id, successful)
  await jobsOf(pushed)
  const [account] = await firn.client.accounts.list({})
  const size = async (of: string) =>
    (await firn.client.derivations.get({ id: account?.id ?? '', drv: drv(of) })).outputs[0]?.size
  assert.deepEqual([await size(mine), await size(other)], [42, null])
})

test('an evaluation that breaks is begun again from nothing', async () => {
  const [stale, fresh] = ['stale', 'fresh'].map(name) as [string, string]
  const pushed = await push()
  const first = await next('StartEvaluation')
  await puppet.sendEvents(first.id, [failure([stale], 'gone in the second try')])
  await puppet.sendStatus(first.id, { tag: 'Exceptional', contents: 'Worker failed with exit status: 9' })
  const second = await next('StartEvaluation')
  await puppet.sendEvents(first.id, [failure(['late'], 'from the first try')])
  await puppet.sendEvents(second.id, wanted(fresh))
  await puppet.sendStatus(second.id, successful)
  await puppet.sendStatus((await next('StartBuild')).id, successful)
  const [job] = await jobsOf(pushed)
  assert.deepEqual(await states(job?.id ?? ''), { [fresh]: 'Succeeded' })
})

test('1.9.4 an evaluation limit ends the job and is not tried again', async () => {
  const [job] = await jobsOf(await evaluate([], { tag: 'Exceptional', contents: 'Evaluation limit reached.' }))
  assert.equal(job?.jobStatus, 'Failure')
  assert.match(job?.because ?? '', /Evaluation limit reached/)
})

test('2.5.4 rerun makes a new job of the same source, which may build failures again', async () => {
  const bad = name('rerun')
  const pushed = await evaluate(wanted(bad))
  await puppet.sendStatus((await next('StartBuild')).id, terminated)
  const [job] = await jobsOf(pushed)
  const again = await firn.client.jobs.rerun({ id: job?.id ?? '', rebuildFailures: true })
  assert.deepEqual([again.rerunOfIndex, again.source.revision], [job?.index, pushed.rev])
  await puppet.sendStatus((await next('StartBuild')).id, successful)
  const evaluation = await next('StartEvaluation')
  await puppet.sendEvents(evaluation.id, wanted(bad))
  await puppet.sendStatus(evaluation.id, successful)
  const jobs = await jobsOf(pushed)
  assert.deepEqual(
    jobs.map((entry) => entry.jobStatus),
    ['Success', 'Success'],
  )
})

test('text with NUL, half characters and names of any length are taken as they come', async () => {
  const long = 'x'.repeat(5000)
  const [job] = await jobsOf(await evaluate([failure([long, 'a"b\\c'], 'a\u0000b\ud800c')]))
  const { items } = await firn.client.firn.attributes({ id: job?.id ?? '' })
  assert.deepEqual(items[0]?.path, [long, 'a"b\\c'])
  assert.equal(items[0]?.error?.errorMessage, 'a\ufffdb\ufffdc')
})

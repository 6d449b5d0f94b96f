import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { EvaluateEvent } from '@firn/contract/agent/evaluate-event'
import type { ServerPayload } from '@firn/contract/agent/socket'
import { attribute, derivation, drv, failure, handler, jobConfig, request, wanted } from '@firn/testkit/events'
import { type Installation, startInstallation } from '@firn/testkit/installation'
import { type AgentLine, joinPuppet, type Puppet, successful } from '@firn/testkit/puppet-agent'
import { openRepository } from '@firn/testkit/repository'
import { finishedCommit, until } from '@firn/testkit/wait'

let firn: Installation
let puppet: Puppet
let line: AgentLine
let working: Promise<void>
let ended = false
before(async () => {
  firn = await startInstallation()
  puppet = await joinPuppet(firn, { concurrentTasks: 8 })
  line = (await puppet.connect()).line
  working = work().catch((error: unknown) => {
    if (!ended) throw error
  })
})
after(async () => {
  ended = true
  line.drop()
  await working
  await firn[Symbol.asyncDispose]()
})

type Evaluation = Extract<ServerPayload, { tag: 'StartEvaluation' }>['contents']

const evaluations: Evaluation[] = []

/** Takes everything the server hands out: builds succeed at once, evaluations wait for the test. */
async function work(): Promise<void> {
  for (;;) {
    const { payload } = await line.task()
    if (payload.tag === 'StartBuild') await puppet.sendStatus(payload.contents.id, successful)
    if (payload.tag === 'StartEvaluation') evaluations.push(payload.contents)
  }
}

function evaluation(): Promise<Evaluation> {
  return until('an evaluation to be handed out', async () => evaluations.shift())
}

async function push(project: string, ref = 'refs/heads/main'): Promise<string> {
  await using repository = await openRepository()
  const rev = await repository.commit({ 'ci.nix': '{ }', salt: String(Math.random()) })
  await repository.push(firn.remote(project), `+HEAD:${ref}`)
  return rev
}

async function evaluateWith(events: EvaluateEvent[]): Promise<Evaluation> {
  const task = await evaluation()
  await puppet.sendEvents(task.id, events)
  await puppet.sendStatus(task.id, successful)
  return task
}

async function finish(project: string, rev: string) {
  return (await finishedCommit(firn.client, project, rev)).jobs
}

function handlerWith(name: string, project: string, ref: string | null): EvaluateEvent {
  const inputs = { lib: { tag: 'SiblingInput' as const, contents: { project, ref } } }
  return { tag: 'OnPushHandlerEvent', contents: { handlerName: name, handlerExtraInputs: inputs, isFlake: false } }
}

test('1.10.1 extra inputs are pinned before the job is made: the newest green commit of the ref, else its head', async () => {
  const green = await push('lib')
  await evaluateWith([jobConfig])
  await finish('lib', green)
  const red = await push('lib')
  await evaluateWith([jobConfig, failure([], 'broken')])
  await until('the red commit to end', async () => (await finishedCommit(firn.client, 'lib', red)).jobs.length === 1)

  const rev = await push('app')
  await evaluateWith([jobConfig, handlerWith('default', 'lib', null)])
  const task = await evaluation()
  assert.ok(task.selector.tag === 'OnPush')
  const input = task.selector.contents.inputs.lib
  assert.ok(input?.tag === 'Git')
  assert.deepEqual([input.contents.rev, input.contents.ref], [green, 'refs/heads/main'])
  assert.equal(task.extraGitCredentials?.length, 2)
  await puppet.sendStatus(task.id, successful)
  const jobs = await finish('app', rev)
  assert.deepEqual([jobs[1]?.extraInputs.lib?.rev, jobs[1]?.extraInputs.lib?.chosen], [green, 'succeeded'])

  const staging = await push('lib', 'refs/heads/staging')
  await evaluateWith([jobConfig, failure([], 'never green')])
  const second = await push('app')
  await evaluateWith([jobConfig, handlerWith('default', 'lib', 'refs/heads/staging')])
  await evaluateWith([])
  const [, job] = await finish('app', second)
  assert.deepEqual([job?.extraInputs.lib?.rev, job?.extraInputs.lib?.chosen], [staging, 'head'])
})

test('1.10.6 an extra input that is not there is an error of the configuration, and the other handlers run', async () => {
  const rev = await push('lonely')
  await evaluateWith([jobConfig, handlerWith('default', 'nowhere', null), handler('other')])
  const task = await evaluation()
  assert.ok(task.selector.tag === 'OnPush' && task.selector.contents.name === 'other')
  await puppet.sendStatus(task.id, successful)
  const jobs = await until('the configuration to be red', async () => {
    const commit = await finishedCommit(firn.client, 'lonely', rev)
    return commit.jobs[0]?.jobStatus === 'Failure' && commit.jobs
  })
  assert.equal(jobs.length, 2)
  const { messages } = await firn.client.firn.jobOverview({ id: jobs[0]?.id ?? '' })
  assert.match(messages[0]?.message ?? '', /onPush\.default: extraInputs\.lib: there is no project nowhere in local/)
})

test('2.5.4 a rerun has the same extra inputs', async () => {
  const { items } = await firn.client.projects.jobsBySite({ site: 'local', account: 'local', project: 'app' })
  const original = items.find((job) => job.jobType === 'OnPush')
  const again = await firn.client.jobs.rerun({ id: original?.id ?? '' })
  assert.deepEqual(again.extraInputs, original?.extraInputs)
  await evaluateWith([])
})

test('5.2 compare tells what was added, removed, changed, newly failing and repaired', async () => {
  const first = await push('compared')
  await evaluateWith([
    ...wanted('same'),
    ...wanted('goes'),
    derivation('changes-1'),
    request('changes-1'),
    attribute(['changes'], 'changes-1'),
    ...wanted('breaks'),
    failure(['mends'], 'no'),
  ])
  const [before] = await finish('compared', first)
  const second = await push('compared')
  await evaluateWith([
    ...wanted('same'),
    ...wanted('comes'),
    derivation('changes-2'),
    request('changes-2'),
    attribute(['changes'], 'changes-2'),
    failure(['breaks'], 'now'),
    ...wanted('mends'),
  ])
  const [after] = await finish('compared', second)
  const { compareWith } = await firn.client.firn.jobOverview({ id: after?.id ?? '' })
  assert.equal(compareWith?.jobId, before?.id)
  const diff = await firn.client.jobs.compare({ id: after?.id ?? '', baseJobId: before?.id ?? '' })
  assert.deepEqual(Object.fromEntries(diff.attributes.map(({ path, how }) => [path.join('.'), how])), {
    breaks: 'newlyFailing',
    changes: 'changed',
    comes: 'added',
    goes: 'removed',
    mends: 'repaired',
  })
  const changed = diff.attributes.find(({ how }) => how === 'changed')
  assert.deepEqual(
    [changed?.before?.derivationPath, changed?.after?.derivationPath],
    [drv('changes-1'), drv('changes-2')],
  )
  assert.deepEqual([diff.total, diff.ifds], [5, []])
})

test('a project may switch import from derivation off, and take submodules', async () => {
  await push('settled')
  const { id } = await firn.client.projects.bySite({ site: 'local', account: 'local', project: 'settled' })
  assert.deepEqual((await evaluateWith([])).firn, { importFromDerivation: true, submodules: false })
  await firn.client.firn.changeSettings({ id, importFromDerivation: false })
  assert.deepEqual(await firn.client.firn.changeSettings({ id, submodules: true }), {
    importFromDerivation: false,
    submodules: true,
    supersede: false,
  })
  await push('settled')
  assert.deepEqual((await evaluateWith([])).firn, { importFromDerivation: false, submodules: true })
})

test('1.13.8 what an evaluation waits for stands on the page with its reason, until it is there', async () => {
  await push('imports')
  const task = await evaluation()
  const { items } = await firn.client.projects.jobsBySite({ site: 'local', account: 'local', project: 'imports' })
  const id = items[0]?.id ?? ''
  const ifd = (done: boolean): EvaluateEvent => ({
    tag: 'AttributeIFD',
    contents: { expressionPath: ['a', 'b'], derivationPath: drv('gen'), derivationOutput: 'out', done, index: 0 },
  })
  const required: EvaluateEvent = {
    tag: 'BuildRequired',
    contents: { index: 0, derivationPath: drv('gen'), outputName: 'out' },
  }
  const foreign = derivation('gen', [], { platform: 'aarch64-linux' })
  await puppet.sendEvents(task.id, [required, foreign, request('gen'), ifd(false)])
  const { imports } = await firn.client.firn.jobOverview({ id })
  assert.deepEqual(
    imports.map(({ derivationPath, attributes }) => [derivationPath, attributes]),
    [[drv('gen'), [['a', 'b']]]],
  )
  assert.match(imports[0]?.because ?? '', /^Evaluation goes on when gen is built/)
  await puppet.sendEvents(task.id, [ifd(true)])
  await puppet.sendStatus(task.id, successful)
  assert.deepEqual((await firn.client.firn.jobOverview({ id })).imports, [])
  const detail = await firn.client.jobs.evaluation({ id })
  assert.deepEqual([detail.ifdAttributes[0]?.done, detail.evaluationDependencies[0]?.derivation], [true, drv('gen')])
})

test('the slowest attributes are told, and traces stand with their attribute', async () => {
  const rev = await push('slow')
  const slow = wanted('slow-one').map((event) =>
    event.tag === 'Attribute' ? { ...event, contents: { ...event.contents, evalMs: 1234 } } : event,
  )
  const trace: EvaluateEvent = {
    tag: 'Message',
    contents: { index: 0, typ: 'Trace', message: 'hello', expressionPath: ['slow-one'] },
  }
  await evaluateWith([...slow, ...wanted('quick'), trace])
  const [job] = await finish('slow', rev)
  const { slowest, messages } = await firn.client.firn.jobOverview({ id: job?.id ?? '' })
  assert.deepEqual(slowest, [{ path: ['slow-one'], evalMs: 1234 }])
  assert.deepEqual(messages[0]?.expressionPath, ['slow-one'])
  const { items } = await firn.client.firn.attributes({ id: job?.id ?? '' })
  assert.deepEqual(
    items.map((row) => row.evalMs),
    [null, 1234],
  )
})

/** A push whose evaluation looked at these arguments. */
async function pushLooking(
  at: { project: string; ref: string; files: Record<string, string> },
  forced: ('ref' | 'branch' | 'tag' | 'rev' | 'shortRev')[],
): Promise<{ rev: string; evaluated: boolean }> {
  await using repository = await openRepository()
  const rev = await repository.commit(at.files, `on ${at.ref}`)
  await repository.push(firn.remote(at.project), `+HEAD:${at.ref}`)
  const { id } = await firn.client.projects.bySite({ site: 'local', account: 'local', project: at.project })
  const evaluated = await until('an evaluation, or its reuse', async () => {
    const task = evaluations.shift()
    if (task === undefined) return (await firn.client.firn.commit({ id, rev })).finished ? { it: false } : undefined
    const facts: EvaluateEvent = {
      tag: 'FirnEvaluationFacts',
      contents: { nixVersion: '2.8.0', forced, timeless: true },
    }
    await puppet.sendEvents(task.id, [...wanted(`reused-${at.project}`), facts])
    await puppet.sendStatus(task.id, successful)
    return { it: true }
  })
  await finish(at.project, rev)
  return { rev, evaluated: evaluated.it }
}

const plain = { 'ci.nix': '{ }' }

test('an evaluation that looked at nothing of the push is used again for the same tree, and the page says so', async () => {
  const main = { project: 'reuse', ref: 'refs/heads/main', files: plain }
  assert.equal((await pushLooking(main, [])).evaluated, true)
  const { rev, evaluated } = await pushLooking({ ...main, ref: 'refs/heads/other' }, [])
  assert.equal(evaluated, false)
  const [job] = await finish('reuse', rev)
  assert.deepEqual([job?.jobType, job?.jobStatus, job?.because], ['Legacy', 'Success', '1 of 1 built.'])
  assert.equal((await firn.client.firn.jobOverview({ id: job?.id ?? '' })).reusedFrom?.index, 1)
  assert.equal((await pushLooking({ ...main, files: { ...plain, more: 'x' } }, [])).evaluated, true, 'another tree')
})

test('`if branch == "main"` is evaluated for each branch', async () => {
  const main = { project: 'by-branch', ref: 'refs/heads/main', files: plain }
  assert.equal((await pushLooking(main, ['branch'])).evaluated, true)
  assert.equal((await pushLooking({ ...main, ref: 'refs/heads/dev' }, ['branch'])).evaluated, true)
})

test('a tag on a tested commit is evaluated only where its expression would see the difference', async () => {
  for (const [project, forced, evaluated] of [
    ['tag-rev', ['rev', 'shortRev'], false],
    ['tag-branch', ['branch'], true],
    ['tag-tag', ['tag'], true],
  ] as const) {
    await using repository = await openRepository()
    await repository.commit(plain)
    const look = async (ref: string) => {
      await repository.push(firn.remote(project), `HEAD:${ref}`)
      const task = await until('an evaluation or the end', async () => {
        if (evaluations.length > 0) return evaluations.shift()
        const { items } = await firn.client.projects.jobsBySite({ site: 'local', account: 'local', project, ref })
        return items[0]?.jobPhase === 'Done' ? ('reused' as const) : undefined
      })
      if (task === 'reused' || task === undefined) return false
      const facts: EvaluateEvent = {
        tag: 'FirnEvaluationFacts',
        contents: { nixVersion: '2.8.0', forced: [...forced], timeless: true },
      }
      await puppet.sendEvents(task.id, [...wanted(`of-${project}`), facts])
      await puppet.sendStatus(task.id, successful)
      await until('the end', async () => {
        const { items } = await firn.client.projects.jobsBySite({ site: 'local', account: 'local', project, ref })
        return items[0]?.jobPhase === 'Done'
      })
      return true
    }
    assert.equal(await look('refs/heads/main'), true)
    assert.equal(await look('refs/tags/v1'), evaluated, project)
  }
})

test('a flake of the same tree and another revision is evaluated: it may print self.rev', async () => {
  const main = { project: 'flaky-rev', ref: 'refs/heads/main', files: { 'flake.nix': '{ }' } }
  assert.equal((await pushLooking(main, [])).evaluated, true)
  assert.equal((await pushLooking({ ...main, ref: 'refs/heads/other' }, [])).evaluated, true)
})

test('a rerun evaluates anew', async () => {
  const { items } = await firn.client.projects.jobsBySite({ site: 'local', account: 'local', project: 'reuse' })
  await firn.client.jobs.rerun({ id: items[0]?.id ?? '' })
  await evaluateWith(wanted('reused-reuse'))
})

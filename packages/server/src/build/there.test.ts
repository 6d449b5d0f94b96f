/** What is there already is not built, and what turns out to be gone is built again. */
import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after, before, test } from 'node:test'
import type { EvaluateEvent } from '@firn/contract/agent/evaluate-event'
import type { ServerPayload } from '@firn/contract/agent/socket'
import { attribute, derivation, drv, out, request, wanted } from '@firn/testkit/events'
import { type Installation, startInstallation } from '@firn/testkit/installation'
import { type AgentLine, joinPuppet, type Puppet, successful } from '@firn/testkit/puppet-agent'
import { openRepository } from '@firn/testkit/repository'
import { finishedCommit } from '@firn/testkit/wait'

let firn: Installation
let puppet: Puppet
let line: AgentLine
let accountId = ''
before(async () => {
  firn = await startInstallation()
  puppet = await joinPuppet(firn, { concurrentTasks: 8 })
  line = (await puppet.connect()).line
  accountId = (await firn.client.accounts.list({}))[0]?.id ?? ''
})
after(async () => {
  line.drop()
  await firn[Symbol.asyncDispose]()
})

type Start<Tag extends ServerPayload['tag']> = Extract<ServerPayload, { tag: Tag }>

async function next<Tag extends 'StartEvaluation' | 'StartBuild'>(tag: Tag): Promise<Start<Tag>['contents']> {
  const { payload } = await line.task()
  assert.equal(payload.tag, tag, JSON.stringify(payload))
  return payload.contents as Start<Tag>['contents']
}

async function push() {
  await using repository = await openRepository()
  const project = `p${randomUUID().slice(0, 8)}`
  const rev = await repository.commit({ 'ci.nix': '{ }' })
  await repository.push(firn.remote(project))
  const { id } = await next('StartEvaluation')
  return { project, rev, task: id }
}

async function evaluate(events: EvaluateEvent[]) {
  const pushed = await push()
  assert.equal((await puppet.sendEvents(pushed.task, events)).status, 204)
  await puppet.sendStatus(pushed.task, successful)
  return pushed
}

const seen = (name: string, more: { path?: string; store?: string } = {}): EvaluateEvent => ({
  tag: 'SubstitutionQueryResult',
  contents: {
    storeURI: more.store ?? 'file:///srv/cache',
    derivation: drv(name),
    outputName: 'out',
    outputInfo: { deriver: drv(name), name: 'out', path: more.path ?? out(name), hash: 'sha256:x', size: 42 },
  },
})

async function there(task: string, names: string[]): Promise<string[]> {
  const answer = await puppet.post(`firn/tasks/${task}/there`, names.map(drv))
  assert.equal(answer.status, 200)
  return ((await answer.json()) as string[]).sort()
}

const detail = (name: string) => firn.client.derivations.get({ id: accountId, drv: drv(name) })

async function green(at: { project: string; rev: string }) {
  const [job] = (await finishedCommit(firn.client, at.project, at.rev)).jobs
  assert.equal(job?.jobStatus, 'Success', job?.because)
  return job
}

test('1.14.2, 1.14.4 what an evaluation found in a store is green without a build, and what only it needs not planned', async () => {
  const pushed = await evaluate([
    derivation('a-dep'),
    derivation('a', ['a-dep']),
    seen('a'),
    request('a'),
    attribute(['a'], 'a'),
  ])
  await green(pushed)
  const a = await detail('a')
  assert.equal(a.because, 'Already there, so it was not built: file:///srv/cache has it.')
  assert.deepEqual([a.status, a.outputs[0]?.size, a.logId], ['BuildSuccess', 42, null])
  assert.equal((await detail('a-dep')).status, 'NotPlanned')
})

test('an input that is there is not waited for', async () => {
  const pushed = await evaluate([
    derivation('b-dep'),
    derivation('b', ['b-dep']),
    request('b'),
    seen('b-dep', { store: 'auto' }),
    attribute(['b'], 'b'),
  ])
  const build = await next('StartBuild')
  assert.deepEqual([build.derivationPath, build.inputDerivationOutputPaths], [drv('b'), [out('b-dep')]])
  await puppet.sendStatus(build.id, successful)
  await green(pushed)
})

test('what was seen or built once is known without a question to any store', async () => {
  const pushed = await push()
  assert.deepEqual(
    await there(pushed.task, ['a', 'a-dep', 'b', 'b-dep', 'nobody-told']),
    ['a', 'b', 'b-dep'].map(drv).sort(),
  )
  await puppet.sendEvents(pushed.task, [
    derivation('c', ['b-dep']),
    request('b-dep'),
    request('c'),
    attribute(['c'], 'c'),
  ])
  const build = await next('StartBuild')
  assert.equal(build.derivationPath, drv('c'))
  assert.equal((await detail('b-dep')).because, "Already there, so it was not built: the agent's own store has it.")
  await puppet.sendStatus(build.id, successful)
  await puppet.sendStatus(pushed.task, successful)
  await green(pushed)
})

test('an agent is believed about what its evaluation asks for, with the paths that the derivations have', async () => {
  const first = await evaluate([derivation('d'), derivation('e')])
  await green(first)
  const pushed = await push()
  await puppet.sendEvents(pushed.task, [seen('d'), seen('e', { path: out('d') }), request('e'), attribute(['e'], 'e')])
  assert.deepEqual(await there(pushed.task, ['d', 'e']), [])
  const build = await next('StartBuild')
  assert.equal(build.derivationPath, drv('e'))
  await puppet.sendStatus(build.id, successful)
  await puppet.sendStatus(pushed.task, successful)
  await green(pushed)
})

test('only the agent that evaluates may ask what is known', async () => {
  const other = await joinPuppet(firn, { hostname: 'other' })
  const pushed = await push()
  assert.equal((await other.post(`firn/tasks/${pushed.task}/there`, [])).status, 403)
  await puppet.sendStatus(pushed.task, successful)
})

const gone = (...names: string[]) => ({ tag: 'FirnMissingInputs' as const, contents: { paths: names.map(out) } })
const exceptional = { tag: 'Exceptional' as const, contents: 'the input is not in the store of this agent' }

test('an input that is gone is built again, with what it needs, and then the build that missed it', async () => {
  const pushed = await evaluate([
    derivation('f-low'),
    derivation('f-dep', ['f-low']),
    derivation('f', ['f-dep']),
    request('f'),
    seen('f-dep'),
    attribute(['f'], 'f'),
  ])
  const missed = await next('StartBuild')
  assert.equal(missed.derivationPath, drv('f'))
  await puppet.sendBuild(missed.id, [gone('f-dep')])
  const again = await next('StartBuild')
  assert.equal(again.derivationPath, drv('f-dep'))
  await puppet.sendStatus(missed.id, exceptional)
  assert.equal((await detail('f')).because, 'Waits for f-dep.')
  await puppet.sendBuild(again.id, [gone('f-low')])
  const low = await next('StartBuild')
  assert.equal(low.derivationPath, drv('f-low'))
  await puppet.sendStatus(again.id, exceptional)
  for (const expected of ['f-low', 'f-dep', 'f']) {
    const build = expected === 'f-low' ? low : await next('StartBuild')
    assert.equal(build.derivationPath, drv(expected))
    await puppet.sendStatus(build.id, successful)
  }
  const job = await green(pushed)
  assert.equal(job.because, 'All 3 built.')
  assert.equal((await detail('f')).because, 'Built on puppet.')
})

test('what is missing again and again is broken, which is not the fault of the derivation', async () => {
  const events = [
    derivation('g-dep'),
    derivation('g', ['g-dep']),
    request('g-dep'),
    request('g'),
    attribute(['g'], 'g'),
  ]
  const pushed = await evaluate(events)
  await puppet.sendStatus((await next('StartBuild')).id, successful)
  for (let round = 0; round < 3; round++) {
    const missed = await next('StartBuild')
    assert.equal(missed.derivationPath, drv('g'))
    await puppet.sendBuild(missed.id, [gone('g-dep')])
    const again = await next('StartBuild')
    assert.equal(again.derivationPath, drv('g-dep'))
    await puppet.sendStatus(missed.id, exceptional)
    await puppet.sendStatus(again.id, successful)
  }
  for (let tries = 0; tries < 3; tries++) {
    const missed = await next('StartBuild')
    await puppet.sendBuild(missed.id, [gone('g-dep')])
    await puppet.sendStatus(missed.id, exceptional)
  }
  const [job] = (await finishedCommit(firn.client, pushed.project, pushed.rev)).jobs
  assert.equal(job?.jobStatus, 'Failure')
  assert.match((await detail('g')).because, /not the derivation's fault.*the input is not in the store/)
})

test('an agent is believed about the inputs of its own task only', async () => {
  const pushed = await evaluate([...wanted('h'), ...wanted('i')])
  const [first, second] = [await next('StartBuild'), await next('StartBuild')]
  await puppet.sendStatus(first.id, successful)
  await puppet.sendBuild(second.id, [gone(first.derivationPath === drv('h') ? 'h' : 'i')])
  await puppet.sendStatus(second.id, successful)
  await green(pushed)
})

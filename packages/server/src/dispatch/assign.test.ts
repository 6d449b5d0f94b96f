import assert from 'node:assert/strict'
import { test } from 'node:test'
import { derivation, drv, request, wanted } from '@firn/testkit/events'
import { type Installation, startInstallation } from '@firn/testkit/installation'
import { type AgentLine, joinPuppet, type Puppet, successful } from '@firn/testkit/puppet-agent'
import { openRepository } from '@firn/testkit/repository'

async function push(firn: Installation, project: string): Promise<void> {
  await using repository = await openRepository()
  await repository.commit({ 'ci.nix': '{ }' })
  await repository.push(firn.remote(project))
}

async function nextTask(line: AgentLine): Promise<{ id: string; drv?: string }> {
  const { payload } = await line.task()
  if (payload.tag === 'StartBuild') return { id: payload.contents.id, drv: payload.contents.derivationPath }
  assert.ok(payload.tag === 'StartEvaluation')
  return { id: payload.contents.id }
}

async function succeed(puppet: Puppet, id: string): Promise<void> {
  assert.equal((await puppet.sendStatus(id, successful)).status, 204)
}

/** More of them than one turn of the dispatch loop looks at. */
const manyNames = Array.from({ length: 40 }, (_, i) => `ahead-${i}`)

test('4.13.1 what no agent can build, however much of it, holds up nothing behind it', async () => {
  await using firn = await startInstallation()
  const puppet = await joinPuppet(firn)
  const { line } = await puppet.connect()
  await push(firn, 'features')
  const evaluation = await nextTask(line)
  const ahead = manyNames.flatMap((name) => [derivation(name, [], { features: ['kvm'] }), request(name)])
  await puppet.sendEvents(evaluation.id, [...ahead, ...wanted('behind')])
  await succeed(puppet, evaluation.id)
  assert.equal((await nextTask(line)).drv, drv('behind'))
  line.drop()
})

test('4.13.1 a queue for one agent leaves none of the slots of another empty', async () => {
  await using firn = await startInstallation()
  const puppet = await joinPuppet(firn, { concurrentTasks: 1 })
  const { line } = await puppet.connect()
  const arm = await joinPuppet(firn, { hostname: 'arm', platforms: ['aarch64-linux'], concurrentTasks: 1 })
  const { line: armLine } = await arm.connect()
  await push(firn, 'platforms')
  const evaluation = await nextTask(line)
  const ahead = manyNames.flatMap((name) => [derivation(name), request(name)])
  await puppet.sendEvents(evaluation.id, ahead)
  await puppet.sendEvents(evaluation.id, [derivation('behind', [], { platform: 'aarch64-linux' }), request('behind')])
  assert.equal((await nextTask(armLine)).drv, drv('behind'))
  for (const each of [line, armLine]) each.drop()
})

import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { randomSalt } from '@firn/agent/testing/agent-bench'
import { processesWith } from '@firn/agent/testing/processes'
import { startAgent, type TestAgent } from '../agent.ts'
import { type Installation, startInstallation } from '../installation.ts'
import { openRepository } from '../repository.ts'
import { until } from '../wait.ts'

/** Cancelling through the API, with the real agent and Nix: nothing of a builder or evaluator is left within 10 s. */
const withinMs = 10_000

/** A builder that ignores being asked to end, with a child and a grandchild that do as well. */
const stubborn = `trap "" TERM INT HUP; (trap "" TERM INT HUP; (trap "" TERM; sleep 1000) & sleep 1000) & echo begun; while true; do sleep 1000; done`

let firn: Installation
let agent: TestAgent
before(async () => {
  firn = await startInstallation()
  agent = await startAgent(firn)
})
after(async () => {
  await agent.stop()
  await firn[Symbol.asyncDispose]()
})

async function push(expression: string) {
  await using repository = await openRepository()
  const rev = await repository.commit({ 'default.nix': expression })
  await repository.push(firn.remote('cancelled'), '+HEAD:refs/heads/main')
  const project = { site: 'local', account: 'local', project: 'cancelled' }
  const { items } = await firn.client.projects.jobsBySite({ ...project, rev })
  return items[0] ?? assert.fail('there is no job')
}

const derivation = (mark: string, script: string) =>
  `derivation { name = "${mark}"; system = "x86_64-linux"; builder = "/bin/sh"; args = [ "-c" ${JSON.stringify(script)} ]; }`

/** The derivation of this name once it writes its log. */
async function building(jobId: string, mark: string) {
  return await until(`${mark} to be built`, async () => {
    const { running } = await firn.client.firn.jobOverview({ id: jobId })
    const build = running.find((each) => each.derivationPath.endsWith(`-${mark}.drv`))
    if (!build?.logId) return undefined
    const { lines } = await firn.client.firn.logWindow({ id: build.logId, from: 0, count: 10 })
    return lines.some((line) => line.t === 'begun') && build.derivationPath
  })
}

const gone = (mark: string) => until('its processes to end', async () => processesWith(mark).length === 0, withinMs)

for (const what of ['job', 'build'] as const)
  test(`2.5.9 of a ${what}: the builder ends, with children that ignore TERM; asked for again it is built`, async () => {
    const [mark, quick] = [randomSalt(), randomSalt()]
    const job = await push(`{ a = ${derivation(mark, stubborn)}; b = ${derivation(quick, 'echo x > $out')}; }`)
    const drv = await building(job.id, mark)
    assert.ok(processesWith(mark).length > 2, 'the builder and what it started')
    const [account] = await firn.client.accounts.list({})
    const id = account?.id ?? ''
    if (what === 'job') await firn.client.jobs.cancel({ id: job.id })
    else await firn.client.derivations.cancel({ id, drv })
    await gone(mark)
    const ended = await until('the job to end', async () => {
      const now = await firn.client.jobs.get({ id: job.id })
      return now.jobPhase === 'Done' && now
    })
    assert.deepEqual([ended.jobStatus, ended.isCancelled], ['Failure', what === 'job'])
    await firn.client.derivations.retry({ id, drv })
    assert.equal(await building(job.id, mark), drv, 'the slot and the locks in the store are free again')
    await firn.client.derivations.cancel({ id, drv })
    await gone(mark)
  })

test('2.5.7 of a job that is evaluated: the evaluators end', async () => {
  const mark = randomSalt()
  const loop = `builtins.foldl' (a: b: a + b) 0 (builtins.genList (i: builtins.foldl' (a: b: a + b) 0 (builtins.genList (j: j) 100000)) 100000)`
  const job = await push(`{ ${mark} = builtins.trace "begun" (${loop}); }`)
  const evaluators = () => processesWith('arg-src/cancelled')
  await until('the evaluators to be there', async () => evaluators().length > 0)
  await firn.client.jobs.cancel({ id: job.id })
  await until('the evaluators to end', async () => evaluators().length === 0, withinMs)
  assert.equal((await firn.client.jobs.get({ id: job.id })).because, 'Cancelled by Administrator.')
})

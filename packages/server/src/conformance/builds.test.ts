/** Statements about derivations and their builds (hercules-ci.md 2.3, 2.5, 4) that no other test of the server shows. */
import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after, before, test } from 'node:test'
import type { EvaluateEvent } from '@firn/contract/agent/evaluate-event'
import { openDesk } from '@firn/testkit/desk'
import { derivation, drv, out, request, wanted } from '@firn/testkit/events'
import { type Installation, startInstallation } from '@firn/testkit/installation'
import { successful } from '@firn/testkit/puppet-agent'
import { until } from '@firn/testkit/wait'

let firn: Installation
before(async () => {
  firn = await startInstallation()
})
after(() => firn[Symbol.asyncDispose]())

const salted = (word: string) => `${word}-${randomUUID().slice(0, 8)}`

async function accountId(): Promise<string> {
  const [account] = await firn.client.accounts.list({})
  return account?.id ?? assert.fail('there is no account')
}

const detailOf = async (name: string) => firn.client.derivations.get({ id: await accountId(), drv: drv(name) })

test('2.3.2, 2.3.3, 2.5.10, 4.13.6 a build that lost its agent is queued again, and its events say so', async () => {
  const name = salted('moved')
  using first = await openDesk(firn, { hostname: 'first' })
  await first.push()
  await first.evaluate(wanted(name))
  const lost = await first.build()
  first.line.tell({ tag: 'Started', contents: { taskId: lost.id } })
  await until('the build to have begun', async () => (await detailOf(name)).status === 'Building')
  await first.puppet.post('agent/goodbye', { id: first.startId, startTime: new Date().toISOString() })
  first.line.drop()

  using second = await openDesk(firn, { hostname: 'second' })
  const build = await second.build()
  assert.equal(build.derivationPath, drv(name))
  second.line.tell({ tag: 'Started', contents: { taskId: build.id } })
  await until('the build to have begun again', async () => (await detailOf(name)).status === 'Building')
  const output = { deriver: drv(name), name: 'out', path: out(name), hash: 'sha256:x', size: 42, references: [] }
  await second.puppet.sendBuild(build.id, [{ tag: 'OutputInfo', contents: output }])
  await second.puppet.sendStatus(build.id, successful)

  const { events, status } = await detailOf(name)
  assert.equal(status, 'BuildSuccess')
  const [attempt = [], ...others] = events
  assert.deepEqual(others, [], 'nobody asked for another attempt')
  const told = attempt.flatMap((event) => Object.entries(event)).map(([tag, { time: _, ...rest }]) => [tag, rest])
  const queued = (requeuedForAgent: string | null) => ['Queued', { requeuedForEvalOfJob: null, requeuedForAgent }]
  const started = (logId: string, agentHostname: string) => ['Started', { logId, agentHostname, streamable: true }]
  assert.deepEqual(told, [
    queued(null),
    started(lost.id, 'first'),
    ['Failed', { technicalError: 'Agent first was stopped.', because: 'Agent first was stopped.' }],
    queued('first'),
    started(build.id, 'second'),
    ['Built', { outputs: [{ outputName: 'out', outputPath: out(name), hash: 'sha256:x', size: 42, references: [] }] }],
    ['Succeeded', {}],
  ])
})

test('1.13.4, 2.5.12 a forced request builds again what succeeded, as another attempt', async () => {
  const name = salted('gone')
  using desk = await openDesk(firn, { concurrentTasks: 3 })
  const { project } = await desk.push()
  const { id } = await desk.evaluation()
  await desk.puppet.sendEvents(id, [derivation(name), request(name)])
  await desk.finishBuild()
  const stands = async () => {
    const answer = await desk.puppet.get(`agent/eval-build/${encodeURIComponent(drv(name))}`)
    return JSON.parse(await answer.text())
  }
  const [first, built] = await stands()
  assert.equal(built, 'BuildSuccess')
  const forced: EvaluateEvent = { tag: 'BuildRequest', contents: { derivationPath: drv(name), forceRebuild: true } }
  await desk.puppet.sendEvents(id, [forced])
  await desk.puppet.sendEvents(id, [forced])
  const [second, waiting] = await stands()
  assert.notEqual(second, first)
  assert.equal(waiting, 'Waiting')
  await desk.finishBuild()
  assert.deepEqual(await stands(), [second, 'BuildSuccess'])
  const { events } = await detailOf(name)
  assert.equal(events.length, 2, 'a batch that comes twice asks once')
  assert.ok('Reset' in (events[0]?.at(-1) ?? {}))
  const [queued] = events[1] ?? []
  const [job] = await desk.jobs(project)
  assert.equal(queued && 'Queued' in queued && queued.Queued.requeuedForEvalOfJob, job?.id)
  await desk.puppet.sendStatus(id, successful)
})

test('4.5.2, 4.5.5, 4.5.7, 4.9.1 what tasks hold: the source, the selector, the inputs; ids and log tokens of their own', async () => {
  const [input, top] = [salted('input'), salted('top')]
  using desk = await openDesk(firn)
  const { project, rev } = await desk.push()
  const task = await desk.evaluate([...wanted(input), ...wanted(top, [input])])
  assert.deepEqual(
    {
      primaryInput: task.primaryInput,
      inputs: task.inputs,
      inputMetadata: task.inputMetadata,
      autoArguments: task.autoArguments,
      nixPath: task.nixPath,
      isFlakeJob: task.isFlakeJob,
    },
    {
      primaryInput: '',
      inputs: {
        src: {
          tag: 'Git',
          contents: {
            rev,
            ref: 'refs/heads/main',
            sshURL: '',
            httpURL: `${firn.url}/git/local/${project}.git`,
            webURL: `${firn.url}/local/local/${project}`,
            forgeType: 'firn',
            owner: 'local',
            name: project,
          },
        },
      },
      inputMetadata: { src: { ref: 'refs/heads/main', rev, name: project } },
      autoArguments: {},
      nixPath: [],
      isFlakeJob: false,
    },
  )
  assert.match(task.otherInputs.src ?? '', new RegExp(`^${firn.url}/`))
  const builds = [await desk.finishBuild(), await desk.finishBuild()]
  assert.deepEqual(
    builds.map((build) => [build.derivationPath, build.inputDerivationOutputPaths]),
    [
      [drv(input), []],
      [drv(top), [out(input)]],
    ],
  )
  const tasks = [task, ...builds]
  assert.equal(new Set(tasks.map(({ id }) => id)).size, 3)
  for (const { logToken } of tasks) {
    const log = await desk.puppet.openLog(logToken)
    assert.equal((await log.next()).tag, 'Oob')
    log.drop()
  }
  assert.equal(new Set(tasks.map(({ logToken }) => logToken)).size, 3)
})

test('2.7.7 the server asks an agent for no sources: what it keeps of a derivation is names', async () => {
  const name = salted('kept')
  using desk = await openDesk(firn)
  await desk.push()
  const secret = `secret-${randomUUID()}`
  const { tag, contents } = derivation(name)
  const more = { tag, contents: { ...contents, env: { TOKEN: secret }, sources: { 'a.c': secret } } }
  const { id } = await desk.evaluation()
  assert.equal((await desk.puppet.post(`tasks/${id}/eval`, [more, request(name)])).status, 204)
  await desk.puppet.sendStatus(id, successful)
  const build = await desk.finishBuild()
  assert.deepEqual(Object.keys(build).sort(), ['derivationPath', 'id', 'inputDerivationOutputPaths', 'logToken'])
  assert.ok(!JSON.stringify(await detailOf(name)).includes(secret))
})

/** An agent that is stopped and started again, by the signals of a service manager and of a person. */
import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after, before, test } from 'node:test'
import { type AgentProcess, openAgentProcess } from '../agent-process.ts'
import { layeredProject } from '../fixtures.ts'
import { type Installation, startInstallation } from '../installation.ts'
import { openRepository } from '../repository.ts'
import { finishedCommit, until } from '../wait.ts'

let firn: Installation
before(async () => {
  firn = await startInstallation()
})
after(() => firn[Symbol.asyncDispose]())

type Pushed = { project: string; rev: string }

async function push(shape: Parameters<typeof layeredProject>[0]): Promise<Pushed> {
  const project = `p${randomUUID().slice(0, 8)}`
  await using repository = await openRepository()
  const rev = await repository.commit({ 'ci.nix': layeredProject(shape) })
  await repository.push(firn.remote(project))
  return { project, rev }
}

async function jobOf({ project }: Pushed) {
  const { items } = await firn.client.projects.jobsBySite({ site: 'local', account: 'local', project })
  return items.find((item) => item.jobType === 'OnPush')
}

/** Until some builds of it run. */
function building(pushed: Pushed, more = 0) {
  return until('builds to run', async () => {
    const job = await jobOf(pushed)
    const overview = job && (await firn.client.firn.jobOverview({ id: job.id }))
    return overview && overview.running.length > more && overview
  })
}

function buildingOrDone(pushed: Pushed) {
  return until('builds to run, or to have ended', async () => {
    const job = await jobOf(pushed)
    if (job?.jobPhase === 'Done') return 'done'
    return job !== undefined && job.counts.building > 0 && 'building'
  })
}

/** Every derivation of it with what happened to it. */
async function histories(pushed: Pushed) {
  const [account] = await firn.client.accounts.list({})
  const job = await jobOf(pushed)
  const { items } = await firn.client.firn.attributes({ id: job?.id ?? '' })
  return await Promise.all(
    items.map(async ({ derivationPath }) => {
      const { events } = await firn.client.derivations.get({ id: account?.id ?? '', drv: derivationPath ?? '' })
      return events.flat()
    }),
  )
}

const namesOf = (events: object[]) => events.flatMap((event) => Object.keys(event))

function assertWhole(all: object[][], derivations: number): void {
  assert.equal(all.length, derivations)
  for (const events of all) {
    const ends = namesOf(events).filter((name) => ['Succeeded', 'Cancelled', 'DependencyFailed'].includes(name))
    assert.deepEqual(ends, ['Succeeded'], JSON.stringify(events))
    assert.equal(namesOf(events).at(-1), 'Succeeded')
  }
}

async function assertGreen(pushed: Pushed): Promise<void> {
  const { jobs } = await finishedCommit(firn.client, pushed.project, pushed.rev, 180_000)
  assert.deepEqual(
    jobs.map((job) => job.jobStatus),
    ['Success', 'Success'],
    jobs.map((job) => job.because).join(' '),
  )
}

async function assertGone(agent: AgentProcess): Promise<void> {
  assert.equal(await agent.ended, 0)
  const [account] = await firn.client.accounts.list({})
  const sessions = await firn.client.agents.sessions({ id: account?.id ?? '' })
  const held = sessions.filter((session) => session.online || session.tasks.length > 0)
  assert.deepEqual(held, [], 'what it had is given back by the time it is gone')
}

test('4.12.3 SIGTERM: what runs is finished, nothing more is begun, and the rest waits for another', async () => {
  await using agents = await openAgentProcess(firn, { concurrentTasks: 2 })
  const pushed = await push({ layers: 2, width: 4, seconds: 3 })
  const first = agents.start()
  const { running } = await building(pushed, 1)
  first.signal('SIGTERM')
  await assertGone(first)
  const job = await jobOf(pushed)
  const overview = await firn.client.firn.jobOverview({ id: job?.id ?? '' })
  assert.deepEqual(
    [overview.job.counts.buildSuccess, overview.job.counts.waiting],
    [running.length, 8 - running.length],
  )
  const restarted = agents.start()
  await assertGreen(pushed)
  const all = await histories(pushed)
  assertWhole(all, 8)
  for (const events of all) assert.equal(namesOf(events).filter((name) => name === 'Started').length, 1)
  restarted.signal('SIGINT')
  await assertGone(restarted)
})

test('4.12.3 a second SIGTERM, the end of drainSeconds and SIGINT stop it at once, and blame nobody', async () => {
  await using agents = await openAgentProcess(firn, { concurrentTasks: 2, drainSeconds: 600 })
  await using hasty = await openAgentProcess(firn, { concurrentTasks: 2, drainSeconds: 0.5 })
  const pushed = await push({ layers: 1, width: 2, seconds: 5 })
  const ways: [typeof agents, (agent: AgentProcess) => Promise<void>][] = [
    [
      agents,
      async (agent) => {
        agent.signal('SIGTERM')
        await agent.printed('Finishing what runs')
        agent.signal('SIGTERM')
      },
    ],
    [hasty, async (agent) => agent.signal('SIGTERM')],
    [agents, async (agent) => agent.signal('SIGINT')],
  ]
  for (const [from, stop] of ways) {
    const agent = from.start()
    await building(pushed, 1)
    await stop(agent)
    await assertGone(agent)
    assert.equal((await jobOf(pushed))?.counts.waiting, 2)
  }
  const last = agents.start()
  await assertGreen(pushed)
  for (const events of await histories(pushed)) {
    const names = namesOf(events)
    assert.equal(names.filter((name) => name === 'Started').length, 4)
    assert.equal(names.at(-1), 'Succeeded')
  }
  last.signal('SIGINT')
  await assertGone(last)
})

test('4.13.6 an agent restarted all day loses nothing and fails nothing', async () => {
  await using agents = await openAgentProcess(firn, { concurrentTasks: 3, drainSeconds: 1 })
  const pushed = await push({ layers: 6, width: 6, seconds: 1 })
  let agent = agents.start()
  await building(pushed)
  for (let i = 0; i < 9; i++) {
    agent.signal(i % 3 === 2 ? 'SIGINT' : 'SIGTERM')
    if (i % 3 === 1) agent.signal('SIGTERM')
    await assertGone(agent)
    agent = agents.start()
    if ((await buildingOrDone(pushed)) === 'done') break
  }
  await assertGreen(pushed)
  assertWhole(await histories(pushed), 36)
  agent.signal('SIGTERM')
  await assertGone(agent)
})

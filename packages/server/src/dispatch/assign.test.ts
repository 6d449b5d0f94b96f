import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { EvaluateEvent } from '@firn/contract/agent/evaluate-event'
import { type Desk, openDesk } from '@firn/testkit/desk'
import { attribute, derivation, drv, out, request, wanted } from '@firn/testkit/events'
import { type Installation, startInstallation } from '@firn/testkit/installation'
import { type AgentLine, joinPuppet, type Puppet, successful } from '@firn/testkit/puppet-agent'
import { openRepository } from '@firn/testkit/repository'
import { until } from '@firn/testkit/wait'
import { sql } from 'kysely'
import { connect } from '../db/connect.ts'

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

/** Pushes a project and answers its evaluation, which has not ended. */
async function evaluating(desk: Desk, events: EvaluateEvent[]) {
  const { project } = await desk.push()
  const { id } = await desk.evaluation()
  await desk.puppet.sendEvents(id, events)
  return { id, jobId: (await desk.jobs(project))[0]?.id ?? assert.fail('no job') }
}

/** Builds so many tasks, one after the other; answers their names. */
async function buildInTurn(desk: Desk, count: number): Promise<string[]> {
  const names: string[] = []
  for (let i = 0; i < count; i++) names.push((await desk.finishBuild()).derivationPath.slice(44, -4))
  return names
}

/** Keeps the agent's one slot while the queue behind it fills. */
async function holdSlot(firn: Installation, work: (desk: Desk) => Promise<void>, more = {}): Promise<Desk> {
  const desk = await openDesk(firn, { concurrentTasks: 1, ...more })
  const held = await evaluating(desk, wanted('holds-the-slot'))
  await desk.puppet.sendStatus(held.id, successful)
  const build = await desk.build()
  using other = await openDesk(firn, {
    hostname: 'evaluates',
    platforms: ['i686-linux', 'x86_64-linux'],
    concurrentTasks: 2,
  })
  await work(other)
  await desk.puppet.sendStatus(build.id, successful)
  return desk
}

/** Attributes that only the agent that is held can build. */
const of = (name: string, needs: string[] = []): EvaluateEvent[] => [
  derivation(name, needs, { features: ['held'] }),
  request(name),
  attribute([name], name),
]
const held = { systemFeatures: ['held'] }

test('4.13.7 the longest chain is built first, whatever was asked for first', async () => {
  await using firn = await startInstallation()
  const chain = ['c1', 'c2', 'c3'].flatMap((name, i) => of(name, i === 0 ? [] : [`c${i}`]))
  using desk = await holdSlot(
    firn,
    async (other) => {
      // Asked for before the chain, it is behind that only once they are ranked.
      const { id, jobId } = await evaluating(other, of('single'))
      await other.puppet.sendEvents(id, chain)
      await other.puppet.sendStatus(id, successful)
      const [account] = await firn.client.accounts.list({})
      await until('the chain to be ranked', async () => {
        const { because } = await firn.client.derivations.get({
          id: account?.id ?? '',
          drv: drv('single'),
          'via-job': jobId,
        })
        return because.startsWith('Behind 1 task: ')
      })
    },
    held,
  )
  assert.deepEqual(await buildInTurn(desk, 4), ['c1', 'c2', 'single', 'c3'], 'of equal length the older comes first')
})

test('4.13.7 what a running evaluation waits for is built first, with all it needs', async () => {
  await using firn = await startInstallation()
  const imported: EvaluateEvent = {
    tag: 'BuildRequired',
    contents: { index: 0, derivationPath: drv('imported'), outputName: 'out' },
  }
  using desk = await holdSlot(
    firn,
    async (other) => {
      const first = await evaluating(other, [...of('ordinary')])
      await other.puppet.sendStatus(first.id, successful)
      const { id } = await evaluating(other, [...of('below'), ...of('imported', ['below'])])
      await other.puppet.sendEvents(id, [imported])
    },
    held,
  )
  assert.deepEqual(await buildInTurn(desk, 3), ['below', 'imported', 'ordinary'])
})

test('4.13.7 projects take turns, and a job that a person puts first comes before all', async () => {
  await using firn = await startInstallation()
  using desk = await holdSlot(
    firn,
    async (other) => {
      const ended = async (events: EvaluateEvent[]) => {
        const { id, jobId } = await evaluating(other, events)
        await other.puppet.sendStatus(id, successful)
        return jobId
      }
      await ended(['busy1', 'busy2', 'busy3', 'busy4'].flatMap((name) => of(name)))
      await ended(['small1', 'small2'].flatMap((name) => of(name)))
      const late = await ended([...of('late'), ...of('later', ['late'])])
      const bumped = await firn.client.firn.bumpJob({ id: late })
      assert.equal(bumped.isBumped, true)
    },
    held,
  )
  const [first, second, ...others] = await buildInTurn(desk, 8)
  assert.deepEqual([first, second], ['late', 'later'])
  assert.deepEqual(
    others.map((name) => name.slice(0, 4)),
    ['busy', 'smal', 'busy', 'smal', 'busy', 'busy'],
  )
})

test('a job that is done cannot be put first, and a stranger cannot put any', async () => {
  await using firn = await startInstallation()
  using desk = await openDesk(firn)
  const { project } = await desk.push()
  await desk.evaluate([])
  const id = (await desk.jobs(project))[0]?.id ?? ''
  await until('the job to be done', async () => (await firn.client.jobs.get({ id })).jobPhase === 'Done')
  await assert.rejects(firn.client.firn.bumpJob({ id }), /#1 is done/)
  const answer = await fetch(`${firn.url}/api/v1/firn/jobs/${id}/bump`, { method: 'POST' })
  assert.equal(answer.status, 401)
})

test('4.13.4 an agent with one slot builds what its own evaluation waits for', async () => {
  await using firn = await startInstallation()
  using desk = await openDesk(firn, { concurrentTasks: 1 })
  const imported: EvaluateEvent = {
    tag: 'BuildRequired',
    contents: { index: 0, derivationPath: drv('needed'), outputName: 'out' },
  }
  const { id } = await evaluating(desk, [...wanted('not-needed'), ...wanted('needed'), imported])
  const build = await desk.finishBuild()
  assert.equal(build.derivationPath, drv('needed'))
  await desk.puppet.sendStatus(id, successful)
  assert.equal((await desk.finishBuild()).derivationPath, drv('not-needed'))
})

test('a build goes where its inputs were built', async () => {
  await using firn = await startInstallation()
  using first = await openDesk(firn, { hostname: 'first', concurrentTasks: 4 })
  const { id } = await evaluating(first, wanted('big'))
  const big = await first.build()
  using second = await openDesk(firn, { hostname: 'second', concurrentTasks: 64 })
  const output = { deriver: drv('big'), name: 'out', path: out('big'), hash: 'sha256:x', size: 1e9, references: [] }
  await first.puppet.sendBuild(big.id, [{ tag: 'OutputInfo', contents: output }])
  await first.puppet.sendStatus(big.id, successful)
  await first.puppet.sendEvents(id, wanted('above', ['big']))
  assert.equal((await first.build()).derivationPath, drv('above'))
  await first.puppet.sendEvents(id, wanted('elsewhere'))
  assert.equal((await second.build()).derivationPath, drv('elsewhere'))
})

/** As if nothing had been heard of any agent for long. */
async function forgetAgents(firn: Installation): Promise<void> {
  const { db, close } = connect(firn.databaseUrl, { connectionsMax: 1 })
  await sql`update agent_session set last_seen = now() - interval '1 hour'`.execute(db)
  await close()
}

test('4.4.11, 4.13.6 an agent that was given up gets back what it still works on, if nobody else has begun it', async () => {
  await using firn = await startInstallation()
  const [account] = await firn.client.accounts.list({})
  const statusOf = async (name: string) =>
    (await firn.client.derivations.get({ id: account?.id ?? '', drv: drv(name) })).status
  using desk = await openDesk(firn, { concurrentTasks: 3 })
  await evaluating(desk, [...wanted('kept'), ...wanted('begun-elsewhere')])
  const builds = [await desk.build(), await desk.build()]
  const buildOf = (name: string) => builds.find((build) => build.derivationPath === drv(name)) ?? assert.fail(name)
  const [kept, taken] = [buildOf('kept'), buildOf('begun-elsewhere')]
  for (const { id } of [kept, taken]) desk.line.tell({ tag: 'Started', contents: { taskId: id } })
  await until('both to have begun', async () => (await statusOf('begun-elsewhere')) === 'Building')
  desk.line.drop()
  await forgetAgents(firn)
  await until('both to be queued again', async () => (await statusOf('begun-elsewhere')) === 'Waiting')

  using other = await openDesk(firn, { hostname: 'other', concurrentTasks: 3 })
  const starts = [await other.build(), await other.build()]
  const begun = starts.find((start) => start.derivationPath === taken.derivationPath) ?? assert.fail('not given')
  other.line.tell({ tag: 'Started', contents: { taskId: begun.id } })
  await until('the other to have begun', async () => (await statusOf('begun-elsewhere')) === 'Building')

  const { line } = await desk.puppet.connect({ startId: desk.startId, tasksInProgress: [kept.id, taken.id] })
  assert.deepEqual((await line.task()).payload, { tag: 'Cancel', contents: { taskId: taken.id } })
  const withdrawn = starts.find((start) => start !== begun)?.id
  assert.deepEqual((await other.line.task()).payload, { tag: 'Cancel', contents: { taskId: withdrawn } })
  assert.equal(await statusOf('kept'), 'Building')
  await desk.puppet.sendStatus(kept.id, successful)
  assert.equal(await statusOf('kept'), 'BuildSuccess')
  await other.puppet.sendStatus(begun.id, successful)
  assert.equal(await statusOf('begun-elsewhere'), 'BuildSuccess')
  line.drop()
})

test('4.7.4 builds that end at the same time do not wait for each other in a circle', async () => {
  await using firn = await startInstallation()
  const lower = Array.from({ length: 12 }, (_, i) => `lower-${i}`)
  const upper = Array.from({ length: 12 }, (_, i) => `upper-${i}`)
  using desk = await openDesk(firn, { concurrentTasks: 16 })
  const events = [...lower.flatMap((name) => wanted(name)), ...upper.flatMap((name) => wanted(name, lower))]
  const { id } = await evaluating(desk, events)
  for (const row of [lower, upper]) {
    const builds = await Array.fromAsync(row, () => desk.build())
    await Promise.all(builds.map((build) => desk.puppet.sendStatus(build.id, successful)))
  }
  await desk.puppet.sendStatus(id, successful)
  await firn.restartServer() // whoever is connected tells what it met when it leaves
  const { db, close } = connect(firn.databaseUrl, { connectionsMax: 1 })
  const { rows } = await sql<{ deadlocks: number }>`
    select deadlocks from pg_stat_database where datname = current_database()`.execute(db)
  await close()
  assert.deepEqual(rows, [{ deadlocks: 0 }])
})

test('4.12.3, 4.13.6 an agent that leaves while work is being given out gets none of it', async () => {
  await using firn = await startInstallation()
  const { db, close } = connect(firn.databaseUrl, { connectionsMax: 2 })
  using leaving = await openDesk(firn, { hostname: 'leaves' })
  await db.transaction().execute(async (tx) => {
    await sql`update agent_session set connection_id = null, gone_at = now()`.execute(tx)
    await leaving.push()
    await until('dispatch to wait for whether it leaves', async () => {
      const { rows } = await sql`select from pg_stat_activity
        where datname = current_database() and wait_event_type = 'Lock' and query like '%agent_conversation%share of s%'`.execute(
        db,
      )
      return rows.length > 0
    })
  })
  await close()
  using other = await openDesk(firn, { hostname: 'stays' })
  await other.evaluate([])
})

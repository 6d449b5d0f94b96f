import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after, before, test } from 'node:test'
import type { BriefBuild } from '@firn/contract/agent/brief'
import type { BuildTask } from '@firn/contract/agent/task'
import { derivation, drv, request } from '@firn/testkit/events'
import { type Installation, startInstallation } from '@firn/testkit/installation'
import { type AgentLine, joinPuppet, successful, terminated } from '@firn/testkit/puppet-agent'
import { openRepository } from '@firn/testkit/repository'
import { until } from '@firn/testkit/wait'

let firn: Installation
before(async () => {
  firn = await startInstallation()
})
after(() => firn[Symbol.asyncDispose]())

type Given = { line: AgentLine; build: BuildTask; name: string }

/** An agent that has been given the build of a new derivation. */
async function givenBuild(): Promise<Given> {
  const puppet = await joinPuppet(firn)
  const { line } = await puppet.connect()
  await using repository = await openRepository()
  await repository.commit({ 'ci.nix': '{ }', salt: randomUUID() })
  await repository.push(firn.remote(`p${randomUUID().slice(0, 8)}`), 'HEAD:refs/heads/main')
  const { payload: evaluation } = await line.task()
  assert.ok(evaluation.tag === 'StartEvaluation')
  const name = `brief-${randomUUID().slice(0, 8)}`
  await puppet.sendEvents(evaluation.contents.id, [derivation(name), request(name)])
  await puppet.sendStatus(evaluation.contents.id, successful)
  const { payload } = await line.task()
  assert.ok(payload.tag === 'StartBuild')
  return { line, build: payload.contents, name }
}

const brief = ({ build }: { build: BuildTask }, more: Partial<BriefBuild> = {}): BriefBuild => ({
  taskId: build.id,
  logToken: build.logToken,
  ms: 1500,
  log: [{ tag: 'Result', i: 0, ms: 3, act: 0, rtype: 101, fields: ['made it'] }],
  events: [{ tag: 'Done', contents: true }],
  status: successful,
  ...more,
})

/** Until the server has taken message `n`. */
async function acknowledged(line: AgentLine, n: number): Promise<void> {
  for (;;) {
    const frame = await line.next()
    if (frame.tag === 'Ack' && frame.n >= n) return
  }
}

async function eventsOf(name: string) {
  const [account] = await firn.client.accounts.list({})
  const { events } = await firn.client.derivations.get({ id: account?.id ?? '', drv: drv(name) })
  return new Map(
    events
      .flat()
      .flatMap((event) => Object.entries(event).map(([kind, { time }]) => [kind, Date.parse(time)] as const)),
  )
}

test('a build told in one message has begun, has its log, and has ended; said again it changes nothing', async () => {
  const given = await givenBuild()
  given.line.tell({ tag: 'FirnBuilt', contents: [brief(given)] })
  const events = await until('the build to have ended', async () => {
    const found = await eventsOf(given.name)
    return found.has('Succeeded') ? found : undefined
  })
  const tookMs = (events.get('Succeeded') ?? 0) - (events.get('Started') ?? 0)
  assert.ok(tookMs >= 1499 && tookMs < 60_000, `it took ${tookMs} ms`)
  const log = await firn.client.firn.logWindow({ id: given.build.id, from: 0, count: 10 })
  assert.deepEqual({ texts: log.lines.map(({ t }) => t), done: log.done }, { texts: ['made it'], done: true })

  given.line.tell({ tag: 'FirnBuilt', contents: [brief(given, { status: terminated })] })
  await acknowledged(given.line, 1)
  assert.deepEqual(await eventsOf(given.name), events)
  given.line.drop()
})

test('NUL, which PostgreSQL cannot hold, is replaced wherever it stands', async () => {
  const given = await givenBuild()
  const status = { tag: 'Exceptional' as const, contents: 'it said \0 and broke' }
  const log = [{ tag: 'Msg' as const, i: 0, ms: 1, level: 3, msg: 'a \0 b' }]
  given.line.tell({ tag: 'FirnBuilt', contents: [brief(given, { log, status, events: [] })] })
  const { payload: again } = await given.line.task()
  assert.equal(again.tag, 'StartBuild', 'it is tried again')
  const { lines } = await firn.client.firn.logWindow({ id: given.build.id, from: 0, count: 10 })
  assert.deepEqual(
    lines.map(({ t }) => t),
    ['a \ufffd b'],
  )
  given.line.drop()
})

test('of a task of others nothing is believed, and no log is kept without its token', async () => {
  const given = await givenBuild()
  const stranger = await joinPuppet(firn, { platforms: ['riscv64-linux'] })
  const { line } = await stranger.connect()
  line.tell({ tag: 'FirnBuilt', contents: [brief(given, { logToken: 'none', status: terminated })] })
  await acknowledged(line, 0)
  line.drop()
  const log = await firn.client.firn.logWindow({ id: given.build.id, from: 0, count: 10 })
  assert.deepEqual([log.lines, log.done], [[], false])
  given.line.tell({ tag: 'FirnBuilt', contents: [brief(given)] })
  await until('the build to have ended', async () => (await eventsOf(given.name)).has('Succeeded'))
  given.line.drop()
})

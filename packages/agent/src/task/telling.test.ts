import assert from 'node:assert/strict'
import { test } from 'node:test'
import { briefExtension } from '@firn/contract/agent/brief'
import type { BuildTask } from '@firn/contract/agent/task'
import { type Bench, buildTask, openBench, testNixes, testTimings } from '../testing/agent-bench.ts'

const [nix] = await testNixes()
assert.ok(nix)

/** `briefMs`: how long a build may take to be told in one message. */
async function extendedBench({ briefMs }: { briefMs: number }): Promise<Bench> {
  assert.ok(nix)
  const bench = await openBench(nix)
  bench.server.extended = briefExtension
  bench.run({ timings: { ...testTimings, brief: { begunMs: briefMs, lineMs: briefMs } } })
  await bench.server.until(() => bench.server.hellos.length > 0)
  return bench
}

function give(bench: Bench, script: string): BuildTask {
  const task = buildTask(bench, script)
  bench.server.say({ tag: 'StartBuild', contents: task })
  return task
}

async function briefOf({ server }: Bench, { id }: BuildTask) {
  const find = () => server.briefs.filter(({ taskId }) => taskId === id)
  await server.until(() => find().length > 0)
  const [brief, ...more] = find()
  assert.deepEqual(more, [])
  assert.ok(brief)
  return brief
}

const minutes = 60_000

test('a build that is over soon is told in one message, with its log', async () => {
  await using bench = await extendedBench({ briefMs: 10 * minutes })
  const task = give(bench, 'echo made it; echo > $out')
  const { status, logToken, log, events } = await briefOf(bench, task)
  assert.deepEqual([status, logToken], [{ tag: 'Successful', contents: [] }, task.logToken])
  const lines = log.flatMap((entry) => (entry.tag === 'Result' && entry.rtype === 101 ? entry.fields : []))
  assert.deepEqual(lines, ['made it'])
  assert.deepEqual(
    log.map(({ i }) => i),
    log.map((_, place) => place),
  )
  assert.deepEqual(
    events.map(({ tag }) => tag),
    ['OutputInfo', 'Done'],
  )
  const { started, statuses, buildEvents } = bench.server.task(task.id)
  assert.deepEqual({ started, statuses, buildEvents }, { started: 0, statuses: [], buildEvents: [] })
})

test('one that goes on is told as published, with every line of it', async () => {
  await using bench = await extendedBench({ briefMs: 1 })
  const task = give(bench, 'echo begun; exec sleep 1000')
  await bench.server.until(() => bench.server.logText(task.logToken).includes('begun'))
  assert.equal(bench.server.task(task.id).started, 1)
  bench.server.say({ tag: 'Cancel', contents: { taskId: task.id } })
  assert.deepEqual(await bench.server.status(task.id), { tag: 'Exceptional', contents: 'cancelled' })
  assert.equal(bench.server.task(task.id).cancelled, 1)
  assert.deepEqual(bench.server.briefs, [])
})

test('one that prints much is told as published, with every line of it', async () => {
  await using bench = await extendedBench({ briefMs: 10 * minutes })
  const task = give(bench, 'i=0; while [ $i -lt 300 ]; do echo line $i; i=$((i + 1)); done; echo > $out')
  assert.equal((await bench.server.status(task.id)).tag, 'Successful')
  const lines = bench.server.logText(task.logToken).match(/^line \d+$/gm)
  assert.deepEqual(
    lines,
    Array.from({ length: 300 }, (_, i) => `line ${i}`),
  )
  assert.equal(bench.server.task(task.id).buildEvents.at(-1)?.tag, 'Done')
})

test('one that is cancelled before it was told says so as published', async () => {
  await using bench = await extendedBench({ briefMs: 10 * minutes })
  const task = give(bench, 'echo begun; exec sleep 1000')
  bench.server.say({ tag: 'Cancel', contents: { taskId: task.id } })
  assert.deepEqual(await bench.server.status(task.id), { tag: 'Exceptional', contents: 'cancelled' })
  const { started, cancelled } = bench.server.task(task.id)
  assert.deepEqual({ started, cancelled }, { started: 1, cancelled: 1 })
})

test('the one message is said again on the next connection, and the task is listed until it has arrived', async () => {
  await using bench = await extendedBench({ briefMs: 10 * minutes })
  const { server } = bench
  server.withholdAgentAcks = true
  const task = give(bench, 'echo > $out')
  for (let lost = 1; server.hellos.at(-1)?.tasksInProgress.includes(task.id) !== true; lost++) {
    server.dropConnections()
    await server.until(() => server.hellos.length > lost)
  }
  assert.deepEqual(server.briefs, [])
  server.withholdAgentAcks = false
  server.dropConnections()
  assert.equal((await briefOf(bench, task)).status.tag, 'Successful')
})

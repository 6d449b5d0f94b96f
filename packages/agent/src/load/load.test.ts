import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { type Bench, buildTask, openBench, testNixes, testTimings } from '../testing/agent-bench.ts'
import { measureLoad } from './measure.ts'

const [nix] = await testNixes()
assert.ok(nix)

const asRoot = process.getuid?.() === 0

async function openExtended(): Promise<Bench> {
  const bench = await openBench(nix as NonNullable<typeof nix>)
  bench.server.extended = 1
  return bench
}

describe('the load of a machine', () => {
  test('is measured, each file system once, and one that is not there not at all', async () => {
    const load = await measureLoad({ folders: ['/', '/', '/nowhere', '/dev/shm'], minFreeMegabytes: 7.5 })
    assert.deepEqual(
      load.disks.map((disk) => disk.path),
      ['/', '/dev/shm'],
    )
    assert.ok(load.disks.every((disk) => disk.freeMegabytes > 0 && disk.needsMegabytes === 8))
    assert.ok(load.cpus >= 1 && load.memory.freeMegabytes <= load.memory.totalMegabytes)
  })

  test('4.4.6 is said to a server that understands it, at once and on every connection', async () => {
    await using bench = await openExtended()
    bench.run()
    await bench.server.until(() => bench.server.loads.length === 1)
    const [load] = bench.server.loads
    assert.deepEqual(
      [load?.draining, load?.disks[0]?.path, load?.disks[0]?.needsMegabytes],
      [false, '/nix/store', 1024],
    )
    bench.server.dropConnections()
    await bench.server.until(() => bench.server.loads.length === 2)
  })

  test('4.4.6 is said again at intervals', async () => {
    await using bench = await openExtended()
    bench.run({ timings: { ...testTimings, load: { measureMs: 5, reportMs: 20 } } })
    await bench.server.until(() => bench.server.loads.length >= 4)
  })

  test('4.4.6 is not said to others, whose Ping stays as it is', async () => {
    await using bench = await openBench(nix as NonNullable<typeof nix>)
    const socket = { ...testTimings.socket, keepAliveMs: 20 }
    bench.run({ timings: { ...testTimings, socket, load: { measureMs: 5, reportMs: 5 } } })
    await bench.server.until(() => bench.server.pings.length >= 3)
    assert.deepEqual(bench.server.loads, [])
  })
})

describe('a disk that is nearly full', () => {
  test('is said, tasks are given back, and taken again when there is room', {
    skip: asRoot ? false : 'only root can mount a small file system',
  }, async () => {
    await using bench = await openExtended()
    const { server, folder } = bench
    const small = join(folder, 'builds')
    mkdirSync(small)
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=64m', 'tmpfs', small])
    try {
      const filling = join(small, 'filling')
      writeFileSync(filling, Buffer.alloc(60 * 1024 ** 2))
      bench.config.build = { keepHours: 2, minFreeMegabytes: 32 }
      bench.config.environment = { ...bench.environment, TMPDIR: small }
      const agent = bench.run({ timings: { ...testTimings, load: { measureMs: 10, reportMs: 1_000_000 } } })
      await server.until(() => server.loads.length === 1)
      assert.deepEqual(server.loads[0]?.disks[1], { path: small, freeMegabytes: 4, needsMegabytes: 32 })
      const task = buildTask(bench)
      server.say({ tag: 'StartBuild', contents: task })
      assert.deepEqual(await server.status(task.id), {
        tag: 'Exceptional',
        contents: `The agent takes no work: 4 MB free on ${small}, needs 32 MB.`,
        firn: { declined: true },
      })
      assert.equal(server.task(task.id).started, 0)
      rmSync(filling)
      await server.until(() => server.loads.length === 2)
      const again = buildTask(bench)
      server.say({ tag: 'StartBuild', contents: again })
      assert.equal((await server.status(again.id)).tag, 'Successful')
      await agent.stop()
    } finally {
      execFileSync('umount', [small])
    }
  })

  test('is no reason not to try for a server that could not be told', async () => {
    await using bench = await openBench(nix as NonNullable<typeof nix>)
    bench.config.build = { keepHours: 2, minFreeMegabytes: 1e9 }
    bench.run()
    await bench.server.until(() => bench.server.hellos.length === 1)
    const task = buildTask(bench)
    bench.server.say({ tag: 'StartBuild', contents: task })
    assert.equal((await bench.server.status(task.id)).tag, 'Successful')
  })
})

describe('more tasks than slots', () => {
  test('4.12.1 wait for their turn; who waits too long for builds that go on is given back', async () => {
    await using bench = await openExtended()
    const { server } = bench
    bench.run({ timings: { ...testTimings, patienceMs: 500 } })
    await server.until(() => server.loads.length === 1)
    const long = [1, 2].map(() => buildTask(bench, 'echo begun; exec sleep 1000'))
    const more = buildTask(bench)
    for (const contents of [...long, more]) server.say({ tag: 'StartBuild', contents })
    assert.deepEqual(await server.status(more.id), {
      tag: 'Exceptional',
      contents: 'The agent takes no work: its slots are held by builds that take longer than those before.',
      firn: { declined: true },
    })
    assert.deepEqual([server.task(more.id).started, ...long.map(({ id }) => server.task(id).started)], [0, 1, 1])
  })

  test('one that is cancelled while it waits says so, and was never begun', async () => {
    await using bench = await openExtended()
    const { server } = bench
    bench.config.concurrentTasks = 1
    bench.run({ timings: { ...testTimings, patienceMs: 600_000 } })
    await server.until(() => server.loads.length === 1)
    const first = buildTask(bench, 'echo begun; exec sleep 1000')
    server.say({ tag: 'StartBuild', contents: first })
    await server.until(() => server.logText(first.logToken).includes('begun'))
    const next = buildTask(bench, 'echo never')
    server.say({ tag: 'StartBuild', contents: next })
    server.say({ tag: 'Cancel', contents: { taskId: next.id } })
    assert.deepEqual(await server.status(next.id), { tag: 'Exceptional', contents: 'cancelled' })
    assert.doesNotMatch(server.logText(next.logToken), /never/)
  })

  test('are asked for while builds are over soon', async () => {
    await using bench = await openExtended()
    const { server } = bench
    bench.run()
    await server.until(() => server.loads.length === 1)
    assert.equal(server.loads[0]?.ahead, 0)
    for (let n = 0; n < 8; n++) {
      const task = buildTask(bench)
      server.say({ tag: 'StartBuild', contents: task })
      assert.equal((await server.status(task.id)).tag, 'Successful')
    }
    await server.until(() => (server.loads.at(-1)?.ahead ?? 0) > 0)
  })
})

describe('an agent that is being stopped', () => {
  test('4.12.3 says so at once, finishes what it has and gives back what comes', async () => {
    await using bench = await openExtended()
    const { server, folder } = bench
    const drain = new AbortController()
    const agent = bench.run({ drain: drain.signal })
    await server.until(() => server.loads.length === 1)
    const gate = join(folder, 'gate')
    mkdirSync(gate)
    writeFileSync(join(folder, 'nix.conf'), `sandbox-paths = /bin/sh=/bin/busybox ${gate}\n`, { flag: 'a' })
    const task = buildTask(bench, `echo begun; while [ ! -e ${gate}/open ]; do sleep 0.1; done; echo > $out`)
    server.say({ tag: 'StartBuild', contents: task })
    await server.until(() => server.logText(task.logToken).includes('begun'))
    drain.abort()
    await server.until(() => server.loads.at(-1)?.draining === true)
    const late = buildTask(bench)
    server.say({ tag: 'StartBuild', contents: late })
    assert.deepEqual(await server.status(late.id), {
      tag: 'Exceptional',
      contents: 'The agent takes no work: it is being stopped, and finishes what it has.',
      firn: { declined: true },
    })
    writeFileSync(join(gate, 'open'), '')
    assert.deepEqual(await agent.ended, { ok: true })
    assert.equal(server.task(task.id).statuses[0]?.tag, 'Successful')
    assert.equal(server.goodbyes.length, 1)
  })
})

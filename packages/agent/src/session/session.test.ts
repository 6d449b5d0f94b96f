import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import type { BuildTask } from '@firn/contract/agent/task'
import { type Bench, buildTask, openBench, randomSalt, testNixes, testTimings } from '../testing/agent-bench.ts'
import { processesWith } from '../testing/processes.ts'

const [nix] = await testNixes()
assert.ok(nix)

/** A build that says `begun` and goes on for ever. */
function waitingBuild(bench: Bench): BuildTask {
  return buildTask(bench, 'echo begun; exec sleep 1000')
}

const begun = (bench: Bench, task: BuildTask) =>
  bench.server.until(() => bench.server.logText(task.logToken).includes('begun'))

async function online(bench: Bench, connections = 1) {
  await bench.server.until(() => bench.server.hellos.length >= connections)
}

describe('joining', () => {
  test('4.2.1, 4.3.5 the session is kept with mode 0600 and used again', async () => {
    await using bench = await openBench(nix)
    const first = bench.run()
    await online(bench)
    assert.deepEqual(await first.stop(), { ok: true })
    const { sessionTokenPath } = bench.config
    assert.equal(statSync(sessionTokenPath).mode & 0o777, 0o600)
    const kept = readFileSync(sessionTokenPath, 'utf8')
    bench.run()
    await online(bench, 2)
    assert.equal(readFileSync(sessionTokenPath, 'utf8'), kept)
    const [one, two] = bench.server.hellos
    assert.notEqual(one?.startInfo.id, two?.startInfo.id)
  })

  test('4.2.2 another join token makes another session', async () => {
    await using bench = await openBench(nix)
    const first = bench.run()
    await online(bench)
    await first.stop()
    const kept = readFileSync(bench.config.sessionTokenPath, 'utf8')
    writeFileSync(bench.config.clusterJoinTokenPath, bench.server.addJoinToken(randomUUID()))
    bench.run()
    await online(bench, 2)
    assert.notEqual(readFileSync(bench.config.sessionTokenPath, 'utf8'), kept)
  })

  test('4.2.1 the text x in session.key stands for no session', async () => {
    await using bench = await openBench(nix)
    mkdirSync(join(bench.folder, 'secretState'))
    writeFileSync(bench.config.sessionTokenPath, 'x')
    bench.run()
    await online(bench)
    assert.notEqual(readFileSync(bench.config.sessionTokenPath, 'utf8'), 'x')
  })

  test('a refused session is replaced, its tasks are aborted', async () => {
    await using bench = await openBench(nix)
    const { server } = bench
    bench.run()
    await online(bench)
    const task = waitingBuild(bench)
    server.say({ tag: 'StartBuild', contents: task })
    await begun(bench, task)
    server.revokeSessions()
    await online(bench, 2)
    const [one, two] = server.hellos
    assert.notEqual(two?.startInfo.id, one?.startInfo.id)
    assert.deepEqual(two?.tasksInProgress, [])
    assert.deepEqual(server.task(task.id).statuses, [])
  })

  test('a refused join token is a sentence in the log, and tried again', async () => {
    await using bench = await openBench(nix)
    const good = [...bench.server.joinTokens]
    bench.server.joinTokens.clear()
    const agent = bench.run()
    await bench.server.until(() => bench.server.requests >= 4)
    assert.match(agent.log.join(), /does not take the cluster join token in .*cluster-join-token\.key/)
    bench.server.joinTokens = new Set(good)
    await online(bench)
  })

  test('4.3.4 a server that is too old is not talked to', async () => {
    await using bench = await openBench(nix)
    bench.server.serviceVersion = [1, 9]
    const agent = bench.run()
    await bench.server.until(() => bench.server.requests >= 2)
    assert.match(agent.log.join(), /speaks version 1\.9 of the agent protocol/)
    assert.equal(bench.server.hellos.length, 0)
  })

  test('4.3.6 what the agent says of itself', async () => {
    await using bench = await openBench(nix)
    bench.config.labels = { rack: 4 }
    bench.run()
    await online(bench)
    const info = bench.server.hellos[0]?.agentInfo
    assert.equal(info?.nixVersion, nix.version.text)
    assert.deepEqual(info?.platforms.includes('x86_64-linux'), true)
    assert.deepEqual([info?.labels, info?.concurrentTasks, info?.substituters], [{ rack: 4 }, 2, []])
    assert.match(info?.agentVersion ?? '', /^firn-/)
  })
})

describe('the agent socket', () => {
  test('4.4.4, 10.15 a lost connection loses no message and begins no task twice', async () => {
    await using bench = await openBench(nix)
    const { server } = bench
    bench.run()
    await online(bench)
    const task = waitingBuild(bench)
    server.say({ tag: 'StartBuild', contents: task })
    await begun(bench, task)
    server.withholdAgentAcks = true
    server.dropConnections()
    await online(bench, 2)
    server.dropConnections()
    server.withholdAgentAcks = false
    await online(bench, 3)
    assert.deepEqual(server.hellos[2]?.tasksInProgress, [task.id])
    await server.until(() => server.task(task.id).started === 1)
    server.say({ tag: 'Cancel', contents: { taskId: task.id } })
    await server.status(task.id)
    assert.equal(server.task(task.id).started, 1)
    assert.equal(new Set(server.hellos.map((hello) => hello.startInfo.id)).size, 1)
  })

  test('4.4.4 a message that comes again is acknowledged, not done again', async () => {
    await using bench = await openBench(nix)
    const { server } = bench
    bench.run()
    await online(bench)
    const [one, two] = [buildTask(bench), buildTask(bench)]
    server.say({ tag: 'StartBuild', contents: one })
    await server.status(one.id)
    server.repeat({ tag: 'StartBuild', contents: one }, 0)
    server.say({ tag: 'StartBuild', contents: two })
    await server.status(two.id)
    assert.equal(server.task(one.id).started, 1)
  })

  test('4.4.9 a second start of a running task is ignored', async () => {
    await using bench = await openBench(nix)
    const { server } = bench
    const agent = bench.run()
    await online(bench)
    const task = waitingBuild(bench)
    server.say({ tag: 'StartBuild', contents: task })
    await begun(bench, task)
    server.say({ tag: 'StartBuild', contents: task })
    server.say({ tag: 'Cancel', contents: { taskId: task.id } })
    await server.status(task.id)
    assert.equal(server.task(task.id).started, 1)
    assert.match(agent.log.join(), /its second start is ignored/)
  })

  test('4.4.5 pings, and gives up a line on which nothing is acknowledged', async () => {
    await using bench = await openBench(nix)
    const { server } = bench
    const socket = { ...testTimings.socket, keepAliveMs: 20, ackMs: 100, silenceMs: 5_000 }
    const agent = bench.run({ timings: { ...testTimings, socket } })
    await server.until(() => server.pings.length >= 2)
    server.withholdAgentAcks = true
    await online(bench, 2)
    assert.match(agent.log.join(), /a message was not acknowledged for 0\.1 s/)
  })

  test('4.4.5 gives up a line on which nothing is heard', async () => {
    await using bench = await openBench(nix)
    const agent = bench.run({ timings: { ...testTimings, socket: { ...testTimings.socket, silenceMs: 60 } } })
    await online(bench, 2)
    assert.match(agent.log.join(), /nothing was heard for 0\.06 s/)
  })
})

describe('tasks', () => {
  test('4.4.10, 4.10.5, 10.17 a cancelled build: its processes are gone, Cancelled, then a status', async () => {
    await using bench = await openBench(nix)
    const { server } = bench
    bench.run()
    await online(bench)
    const mark = randomSalt()
    const task = buildTask(bench, `echo begun; sleep 1000; echo not reached # ${mark}`)
    server.say({ tag: 'StartBuild', contents: task })
    await begun(bench, task)
    assert.notEqual(processesWith(mark).length, 0)
    server.say({ tag: 'Cancel', contents: { taskId: task.id } })
    assert.deepEqual(await server.status(task.id), { tag: 'Exceptional', contents: 'cancelled' })
    await server.until(() => server.task(task.id).cancelled === 1)
    assert.deepEqual(processesWith(mark), [])
  })

  test('4.4.10 a Cancel of an unknown task is nothing', async () => {
    await using bench = await openBench(nix)
    const { server } = bench
    bench.run()
    await online(bench)
    server.say({ tag: 'Cancel', contents: { taskId: randomUUID() } })
    const task = buildTask(bench)
    server.say({ tag: 'StartBuild', contents: task })
    assert.equal((await server.status(task.id)).tag, 'Successful')
  })

  test('4.12.2 a server that answers 503 for a while gets everything in the end', async () => {
    await using bench = await openBench(nix)
    const { server } = bench
    bench.run()
    await online(bench)
    server.failing = { left: 5, status: 503 }
    const task = buildTask(bench)
    server.say({ tag: 'StartBuild', contents: task })
    assert.equal((await server.status(task.id)).tag, 'Successful')
    assert.equal(server.failing.left, 0)
    assert.deepEqual(
      server.task(task.id).buildEvents.map(({ tag }) => tag),
      ['OutputInfo', 'Done'],
    )
  })

  test('an effect is declined with a reason', async () => {
    await using bench = await openBench(nix)
    const { server } = bench
    bench.run()
    await online(bench)
    const { derivationPath, inputDerivationOutputPaths, id, logToken } = buildTask(bench)
    const place = { projectId: randomUUID(), projectPath: 'a/b/c', siteName: 'a', ownerName: 'b', repoName: 'c' }
    const contents = {
      id,
      logToken,
      derivationPath,
      inputDerivationOutputPaths,
      token: 't',
      serverSecrets: {},
      ref: 'refs/heads/main',
      isDefaultBranch: true,
      ...place,
    }
    server.say({ tag: 'StartEffect', contents })
    assert.deepEqual(await server.status(id), {
      tag: 'Exceptional',
      contents: 'this version of the agent does not run effects yet',
    })
  })
})

describe('the end', () => {
  test('4.12.3 a stop aborts what runs, says goodbye and blames nobody', async () => {
    await using bench = await openBench(nix)
    const { server } = bench
    const agent = bench.run()
    await online(bench)
    const task = waitingBuild(bench)
    server.say({ tag: 'StartBuild', contents: task })
    await begun(bench, task)
    assert.deepEqual(await agent.stop(), { ok: true })
    assert.deepEqual(server.goodbyes, [server.hellos[0]?.startInfo])
    assert.deepEqual(server.task(task.id).statuses, [])
    assert.deepEqual(readdirSync(bench.config.workDirectory), [])
  })

  test('4.12.3 a stop without a server ends soon', async () => {
    await using bench = await openBench(nix)
    const agent = bench.run({ timings: { ...testTimings, goodbyeMs: 50 } })
    await online(bench)
    bench.server.failing = { left: Infinity, status: 503 }
    await agent.stop()
    assert.match(agent.log.join(), /no goodbye/)
  })

  test('draining finishes what runs and begins nothing', async () => {
    await using bench = await openBench(nix)
    const { server } = bench
    const drain = new AbortController()
    const agent = bench.run({ drain: drain.signal })
    await online(bench)
    const task = buildTask(bench, 'echo begun; read x < /dev/null; sleep 1; echo ok > $out')
    const late = buildTask(bench)
    server.say({ tag: 'StartBuild', contents: task })
    await begun(bench, task)
    drain.abort()
    server.say({ tag: 'StartBuild', contents: late })
    assert.deepEqual(await agent.ended, { ok: true })
    assert.equal(server.task(task.id).statuses[0]?.tag, 'Successful')
    assert.equal(server.task(late.id).started, 0)
    assert.equal(server.goodbyes.length, 1)
  })

  test('what a killed agent left in the work folder is removed at the next start', async () => {
    await using bench = await openBench(nix)
    const leftover = join(bench.config.workDirectory, 'agent-1-1')
    mkdirSync(join(leftover, 'eval-x', 'locked'), { recursive: true })
    const foreign = join(bench.config.workDirectory, 'notes')
    mkdirSync(foreign)
    bench.run()
    await online(bench)
    assert.deepEqual([existsSync(leftover), existsSync(foreign)], [false, true])
  })
})

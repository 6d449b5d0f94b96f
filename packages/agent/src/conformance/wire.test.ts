/** Statements about what an agent says to its server (hercules-ci.md 1.4, 2.7, 4) that no other test of the agent shows. */
import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type IncomingMessage, type RequestListener } from 'node:http'
import { test } from 'node:test'
import { silentLog } from '@firn/base/log'
import { ServiceInfo } from '@firn/contract/agent/session'
import type { Selector } from '@firn/contract/agent/task'
import { z } from 'zod'
import { openHttp } from '../report/http.ts'
import {
  type Bench,
  buildTask,
  evaluateTask,
  onPush,
  openBench,
  randomSalt,
  shellDerivation,
  tarball,
  testNixes,
  testTimings,
} from '../testing/agent-bench.ts'

const [nix] = await testNixes()
assert.ok(nix)

async function online(bench: Bench): Promise<void> {
  bench.run()
  await bench.server.until(() => bench.server.hellos.length === 1)
}

/** An HTTP server of the test's own, on a port of its own. */
async function openDoor(listener: RequestListener): Promise<AsyncDisposable & { url: string }> {
  const door = createServer(listener)
  door.listen(0, '127.0.0.1')
  await once(door, 'listening')
  const { port } = z.object({ port: z.int() }).parse(door.address())
  return {
    url: `http://127.0.0.1:${port}`,
    [Symbol.asyncDispose]: async () => {
      door.close()
      door.closeAllConnections()
      await once(door, 'close')
    },
  }
}

type Heard = { line: string; hasToken: boolean; body: string }

/** Hands requests on to the server of the test, and keeps what they say. */
async function openRelay(to: () => string): Promise<AsyncDisposable & { url: string; heard: Heard[] }> {
  const heard: Heard[] = []
  const forward = async ({ method = 'GET', url = '', headers }: IncomingMessage, body: string) => {
    heard.push({ line: `${method} ${url}`, hasToken: headers.authorization !== undefined, body })
    const sent = { 'content-type': 'application/json', authorization: headers.authorization ?? '' }
    return await fetch(to() + url, { method, headers: sent, ...(method !== 'GET' && { body }) })
  }
  const door = await openDoor((request, response) => {
    void (async () => {
      const answer = await forward(request, Buffer.concat(await Array.fromAsync(request)).toString())
      response.writeHead(answer.status).end(await answer.text())
    })()
  })
  return { url: door.url, heard, [Symbol.asyncDispose]: () => door[Symbol.asyncDispose]() }
}

test('1.4.6, 4.5.4 the selector says what a task evaluates', async () => {
  await using bench = await openBench(nix)
  const drv = (name: string) => `derivation { name = "${name}"; system = "x86_64-linux"; builder = "/bin/sh"; }`
  const ci = `{ herculesCI.onPush.x.outputs.a = ${drv('pushed')}; herculesCI.onSchedule.x.outputs.a = ${drv('scheduled')}; }`
  const source = bench.server.serve('repo.tar.gz', tarball({ 'ci.nix': ci }))
  await online(bench)
  const told = async (selector: Selector) => {
    const task = evaluateTask(source, selector)
    bench.server.say({ tag: 'StartEvaluation', contents: task })
    assert.equal((await bench.server.status(task.id)).tag, 'Successful')
    return bench.server.events(task.id).flatMap((event) => {
      if (event.tag === 'Attribute') return [event.contents.derivationPath.slice(44)]
      return event.tag === 'OnPushHandlerEvent' || event.tag === 'OnScheduleHandlerEvent' ? [event.tag] : []
    })
  }
  assert.deepEqual(await told({ tag: 'ConfigOrLegacy' }), ['OnPushHandlerEvent', 'OnScheduleHandlerEvent'])
  assert.deepEqual(await told(onPush('x')), ['pushed.drv'])
  const scheduled: Selector = { tag: 'OnSchedule', contents: { name: 'x', extraInputs: {} } }
  assert.deepEqual(await told(scheduled), ['scheduled.drv'])
})

test('2.7.7 sources, derivations and outputs stay with the agent', async () => {
  await using relay = await openRelay(() => bench.server.url)
  await using bench = await openBench(nix)
  const word = (what: string) => `${what}-${randomSalt()}`
  const [inSource, inEnv, inOutput] = [word('source'), word('environment'), word('output')]
  const ci = `# ${inSource}\n{ a = ${shellDerivation(`kept-${randomSalt()}`, `echo ${inOutput} > $out`, `secret = "${inEnv}";`)}; }`
  bench.run({ config: { ...bench.config, apiBaseUrl: relay.url } })
  await bench.server.until(() => bench.server.hellos.length === 1)
  const task = evaluateTask(bench.server.serve('repo.tar.gz', tarball({ 'ci.nix': ci, other: inSource })))
  bench.server.say({ tag: 'StartEvaluation', contents: task })
  await bench.server.status(task.id)
  const [info] = bench.server
    .events(task.id)
    .flatMap((event) => (event.tag === 'DerivationInfo' ? [event.contents] : []))
  assert.ok(info)
  const build = {
    id: randomUUID(),
    derivationPath: info.derivationPath,
    logToken: `log-${randomUUID()}`,
    inputDerivationOutputPaths: [],
  }
  bench.server.say({ tag: 'StartBuild', contents: build })
  assert.equal((await bench.server.status(build.id)).tag, 'Successful')
  const { server } = bench
  const logs = [server.log(task.logToken), server.log(build.logToken)]
  const heard = JSON.stringify([relay.heard, server.hellos, logs])
  assert.ok(heard.includes(info.derivationPath), 'names are told')
  for (const secret of [inSource, inEnv, inOutput]) assert.ok(!heard.includes(secret), secret)
})

test('4.3.3 service info without a token, then a session, then the socket', async () => {
  await using relay = await openRelay(() => bench.server.url)
  await using bench = await openBench(nix)
  bench.run({ config: { ...bench.config, apiBaseUrl: relay.url } })
  await bench.server.until(() => bench.server.hellos.length === 1)
  assert.deepEqual(
    relay.heard.map(({ line, hasToken }) => [line, hasToken]),
    [
      ['GET /api/v1/agent/service-info', false],
      ['POST /api/v1/agent/session', true],
    ],
  )
})

test('4.4.7, 4.10.4, 4.10.6 a build that fails is Terminated, and is not tried again by the agent', async () => {
  await using bench = await openBench(nix)
  await online(bench)
  const task = buildTask(bench, 'echo once; exit 3')
  bench.server.say({ tag: 'StartBuild', contents: task })
  assert.equal((await bench.server.status(task.id)).tag, 'Terminated')
  await bench.server.until(() => bench.server.log(task.logToken).end !== undefined)
  assert.equal(bench.server.logText(task.logToken).match(/^once$/gm)?.length, 1)
  const { started, statuses, buildEvents } = bench.server.task(task.id)
  assert.deepEqual([started, statuses.length], [1, 1])
  assert.deepEqual(buildEvents, [{ tag: 'Done', contents: false }])
})

test('4.10.2, 4.10.4 a derivation that the store does not have is Exceptional', async () => {
  await using bench = await openBench(nix)
  await online(bench)
  const task = { ...buildTask(bench, 'echo > $out'), derivationPath: `/nix/store/${'0'.repeat(32)}-none.drv` }
  bench.server.say({ tag: 'StartBuild', contents: task })
  assert.equal((await bench.server.status(task.id)).tag, 'Exceptional')
})

test('4.8.1 any 2xx is an acceptance, with a body or without', async () => {
  const answers: [number, string][] = [
    [204, ''],
    [200, ''],
    [200, '[]'],
    [202, '{"ok":true}'],
  ]
  await using door = await openDoor((_, response) => {
    const [status, body] = answers.shift() ?? [500, '']
    response.writeHead(status, { 'content-type': 'application/json' }).end(body)
  })
  const http = openHttp({ apiBaseUrl: door.url, log: silentLog, requestMs: 5000 })
  const signal = new AbortController().signal
  const ask = (answer: z.ZodType) =>
    http({ method: 'POST', path: 'tasks/x', body: [], answer, backoff: { ...testTimings.requests, tries: 1 }, signal })
  for (let i = 0; i < 4; i++) assert.equal((await ask(z.unknown())).ok, true)
  answers.push([200, ''])
  assert.equal((await ask(ServiceInfo)).ok, false, 'but an answer that was asked for has to be there')
})

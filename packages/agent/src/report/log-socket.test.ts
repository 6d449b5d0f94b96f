import assert from 'node:assert/strict'
import { test } from 'node:test'
import { silentLog } from '@firn/base/log'
import { testTimings } from '../testing/agent-bench.ts'
import { CiServer } from '../testing/ci-server.ts'
import { LogSocket } from './log-socket.ts'
import { logText } from './task-log.ts'

const never = new AbortController().signal

async function open(timings = testTimings) {
  const server = new CiServer()
  await server.listen()
  const socket = new LogSocket({
    bulkSocketBaseURL: server.url,
    logToken: 'log',
    timings,
    log: silentLog,
    signal: never,
  })
  return {
    server,
    socket,
    [Symbol.asyncDispose]: async () => {
      await socket.close()
      await server[Symbol.asyncDispose]()
    },
  }
}

const say = (socket: LogSocket, text: string) => logText(socket.write, 3, text)
const next = () => new Promise((resolve) => setImmediate(resolve))
const settled = async (promise: Promise<void>) =>
  await Promise.race([promise.then(() => true), next().then(() => false)])

test('4.9.3–4.9.5, 4.9.7b entries are numbered without gaps, End counts them', async () => {
  await using at = await open()
  for (let i = 0; i < 2_500; i++) await say(at.socket, `line ${i}`)
  assert.deepEqual(await at.socket.end(), { delivered: true })
  const { entries, end } = at.server.log('log')
  assert.deepEqual(
    entries.map(({ i }) => i),
    Array.from({ length: 2_500 }, (_, i) => i),
  )
  assert.equal(end?.i, 2_500)
  assert.equal(end?.ms, entries.at(-1)?.ms)
})

test('4.9.7b an empty log ends at 0', async () => {
  await using at = await open()
  await at.socket.end()
  assert.deepEqual(at.server.log('log').end, { i: 0, ms: 0 })
})

test('a line goes at once while the line is free', async () => {
  await using at = await open()
  await say(at.socket, 'first')
  await at.server.until(() => at.server.log('log').entries.length === 1)
  await say(at.socket, 'second')
  await at.server.until(() => at.server.log('log').entries.length === 2)
  assert.equal(at.server.log('log').frames, 2)
})

test('4.9.2 what was not acknowledged comes again on the next connection, once', async () => {
  await using at = await open()
  await say(at.socket, 'before')
  await at.server.until(() => at.server.log('log').entries.length === 1)
  at.server.withholdLogAcks = true
  await say(at.socket, 'lost')
  await next()
  at.server.dropConnections()
  at.server.withholdLogAcks = false
  await say(at.socket, 'after')
  await at.socket.end()
  assert.equal(at.server.logText('log'), 'before\nlost\nafter')
})

test('a slow server slows the writer down; nothing is lost', async () => {
  await using at = await open()
  at.server.withholdLogAcks = true
  let written = 0
  let waiting: Promise<void> = Promise.resolve()
  while (await settled(waiting)) {
    waiting = say(at.socket, `${written++}`.padEnd(1000))
    assert.ok(written < 10_000, 'the writer is never asked to wait')
  }
  at.server.withholdLogAcks = false
  at.server.dropConnections()
  await waiting
  await at.socket.end()
  assert.equal(at.server.log('log').entries.length, written)
})

test('a line of many megabytes travels in pieces, complete', async () => {
  await using at = await open()
  const long = `x${'😀'.repeat(2_500_000)}`
  await at.socket.write({ tag: 'Result', act: 7, rtype: 101, fields: [long] })
  await at.socket.end()
  const { entries } = at.server.log('log')
  assert.equal(entries.length, 5)
  for (const entry of entries) assert.ok(entry.tag === 'Result' && String(entry.fields[0]).isWellFormed())
  assert.equal(entries.map((entry) => (entry.tag === 'Result' ? entry.fields[0] : '')).join(''), long)
})

test('4.9.8 an end that nobody takes is given up in time', async () => {
  await using at = await open({ ...testTimings, logDeliveryMs: 30 })
  at.server.withholdLogAcks = true
  await say(at.socket, 'x')
  assert.deepEqual(await at.socket.end(), {
    delivered: false,
    reason: 'Could not push logs within 0 minutes after completion',
  })
})

test('4.9.6 keeps the line alive with empty messages', async () => {
  await using at = await open({ ...testTimings, socket: { ...testTimings.socket, keepAliveMs: 10 } })
  await at.server.until(() => at.server.log('log').frames >= 3)
  assert.equal(at.server.log('log').entries.length, 0)
})

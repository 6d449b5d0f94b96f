import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after, before, test } from 'node:test'
import { type Installation, startInstallation } from '@firn/testkit/installation'
import { type AgentLine, joinPuppet, type Puppet } from '@firn/testkit/puppet-agent'
import { type LogWriter, openLogWriter } from '@firn/testkit/puppet-log'

/** The server's own bound of a log, whatever agent writes it: 100 lines, 1 MiB. */
let firn: Installation
let puppet: Puppet
let agent: AgentLine
before(async () => {
  firn = await startInstallation({ env: { FIRN_LOG_LINES_MAX: '100', FIRN_LOG_MIB_MAX: '1' } })
  puppet = await joinPuppet(firn, { concurrentTasks: 64 })
  agent = (await puppet.connect()).line
})
after(async () => {
  agent.drop()
  await firn[Symbol.asyncDispose]()
})

const newLog = (): Promise<LogWriter> => openLogWriter({ firn, puppet, agent })
const window = (id: string, from: number, count: number) => firn.client.firn.logWindow({ id, from, count })
const numbers = async (id: string, from: number, count: number) => (await window(id, from, count)).lines.map((l) => l.i)
const range = (from: number, to: number) => Array.from({ length: to - from }, (_, k) => from + k)

test('4.9.10 of a log longer than the bound the beginning and the end are kept, and what is left out is told', async () => {
  await using log = await newLog()
  for (let n = 0; n < 30; n++) await log.write(range(n * 10, n * 10 + 10).map((i) => `line ${i}`))
  await log.end()
  const whole = await window(log.id, 0, 5000)
  assert.deepEqual([whole.total, whole.done], [300, true])
  assert.deepEqual([whole.cut?.from, whole.cut?.to], [50, 250])
  assert.deepEqual(
    whole.lines.map((line) => line.i),
    [...range(0, 51), ...range(250, 300)],
    'lines keep their numbers',
  )
  assert.match(whole.lines[50]?.t ?? '', /^Firn left out 200 lines \(2 KiB\) here/)
  assert.equal(whole.lines[51]?.t, 'line 250')
})

test('4.9.10 whoever reads on from any line comes past what is left out', async () => {
  await using log = await newLog()
  for (let n = 0; n < 40; n++) await log.write(range(n * 10, n * 10 + 10).map((i) => `line ${i}`))
  await log.end()
  const { cut } = await window(log.id, 0, 1)
  assert.ok(cut)
  assert.deepEqual(await numbers(log.id, 48, 4), [48, 49, cut.from, cut.to])
  assert.deepEqual(await numbers(log.id, cut.from + 1, 2), [cut.to, cut.to + 1])
  assert.deepEqual(await numbers(log.id, cut.from, 1), [cut.from])
  assert.deepEqual(await numbers(log.id, -2, 2), [398, 399])
  assert.deepEqual(await numbers(log.id, 400, 2), [])
})

test('one message that is longer than the bound is held to it as well', async () => {
  await using log = await newLog()
  await log.write(range(0, 5000).map((i) => `line ${i}`))
  await log.end()
  const { lines, total, cut } = await window(log.id, 0, 5000)
  assert.equal(total, 5000)
  assert.equal(lines[0]?.t, 'line 0')
  assert.equal(lines.at(-1)?.t, 'line 4999')
  assert.ok(cut && lines.length <= 101, `${lines.length} lines are kept`)
})

test('a follower of a log that is cut hears of each line that is kept, once, and of its end', async () => {
  await using log = await newLog()
  const heard: number[] = []
  const following = (async () => {
    for await (const part of await firn.client.firn.followLog({ id: log.id })) heard.push(...part.lines.map((l) => l.i))
  })()
  for (let n = 0; n < 60; n++) await log.write(range(n * 10, n * 10 + 10).map((i) => `line ${i}`))
  await log.end()
  await following
  assert.deepEqual(
    heard,
    [...new Set(heard)].sort((a, b) => a - b),
  )
  assert.deepEqual(heard.slice(0, 50), range(0, 50))
  assert.equal(heard.at(-1), 599)
})

test('the bound holds in text too: large pieces leave the blob store', async () => {
  await using log = await newLog()
  for (let n = 0; n < 20; n++) await log.write([Array.from({ length: 6000 }, () => randomUUID()).join('')])
  await log.end()
  const { cut, lines } = await window(log.id, 0, 100)
  assert.ok(cut && cut.to - cut.from >= 14 && cut.chars === (cut.to - cut.from) * 216_000)
  assert.equal(lines.at(-1)?.i, 19)
  const text = await (await fetch(`${firn.url}/api/v1/firn/logs/${log.id}/text`)).text()
  assert.equal(text.match(/Firn left out/g)?.length, 1)
  assert.ok(text.length < 1_300_000)
})

test('the phases of what is left out are still known', async () => {
  await using log = await newLog()
  for (const name of ['unpackPhase', 'buildPhase', 'checkPhase']) {
    await log.phase(name)
    await log.write(range(0, 100).map((i) => `${name} ${i}`))
  }
  assert.deepEqual(await firn.client.firn.logPhases({ id: log.id }), [
    { i: 0, name: 'unpackPhase' },
    { i: 100, name: 'buildPhase' },
    { i: 200, name: 'checkPhase' },
  ])
})

import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after, before, test } from 'node:test'
import type { LogEntry, LogServerFrame } from '@firn/contract/agent/log'
import { type Installation, startInstallation } from '@firn/testkit/installation'
import { type AgentLine, joinPuppet, type Line, logMessage, type Puppet, successful } from '@firn/testkit/puppet-agent'
import { openRepository } from '@firn/testkit/repository'
import { until } from '@firn/testkit/wait'
import { connect } from '../db/connect.ts'

let firn: Installation
let puppet: Puppet
let agent: AgentLine
before(async () => {
  firn = await startInstallation()
  puppet = await joinPuppet(firn, { concurrentTasks: 64 })
  agent = (await puppet.connect()).line
})
after(async () => {
  agent.drop()
  await firn[Symbol.asyncDispose]()
})

/** A task with an open log: the evaluation of a new push. */
async function newLog(): Promise<{ id: string; token: string }> {
  await using repository = await openRepository()
  await repository.commit({ 'ci.nix': '{ }' })
  await repository.push(firn.remote(`p${randomUUID().slice(0, 8)}`))
  const { payload } = await agent.task()
  assert.ok(payload.tag === 'StartEvaluation')
  return { id: payload.contents.id, token: payload.contents.logToken }
}

type LogLine = Line<LogServerFrame, object>

/** Opens the socket and shakes hands; answers how far the log has come. */
async function open(token: string): Promise<{ line: LogLine; received: number }> {
  const line = await puppet.openLog(token)
  const hello = await line.next()
  assert.equal(hello.tag, 'Oob')
  line.say({ tag: 'Oob', o: { tag: 'Hello', contents: { storeProtocolVersion: 34, clientProtocolVersion: 34 } } })
  const ack = await line.next()
  assert.ok(ack.tag === 'Ack')
  return { line, received: ack.n }
}

/** Entries that are build log lines. */
function lines(from: number, texts: string[]): LogEntry[] {
  return texts.map((text, at) => ({
    tag: 'Result',
    i: from + at,
    ms: (from + at) * 10,
    act: 1,
    rtype: 101,
    fields: [text],
  }))
}

async function say(line: LogLine, n: number, entries: LogEntry[]): Promise<void> {
  line.say(logMessage(n, { tag: 'LogEntries', contents: entries }))
  await acknowledged(line, n)
}

async function acknowledged(line: LogLine, n: number): Promise<void> {
  for (;;) {
    const frame = await line.next()
    if (frame.tag === 'Ack' && frame.n >= n) return
  }
}

const window = (id: string, from: number, count: number) => firn.client.firn.logWindow({ id, from, count })
const texts = async (id: string, from: number, count: number) => (await window(id, from, count)).lines.map((l) => l.t)

test('4.9.2 the first frame is the bare ServiceInfo, and the first Ack is -1', async () => {
  const log = await newLog()
  const line = await puppet.openLog(log.token)
  const first = await line.next()
  assert.ok(first.tag === 'Oob')
  assert.deepEqual(first.o.version, [2, 0])
  line.say({ tag: 'Oob', o: { tag: 'Hello', contents: { storeProtocolVersion: 34, clientProtocolVersion: 34 } } })
  assert.deepEqual(await line.next(), { tag: 'Ack', n: -1 })
  line.drop()
})

test('4.9.10 lines are numbered without gaps and read from any of them, the tail first', async () => {
  const log = await newLog()
  const { line } = await open(log.token)
  await say(line, 0, lines(0, ['one', 'two']))
  await say(line, 1, [{ tag: 'Start', i: 2, ms: 20, act: 2, level: 3, typ: 105, text: '', fields: [], parent: 0 }])
  await say(line, 2, lines(3, ['three', 'four']))
  line.say(logMessage(3, { tag: 'End', i: 5, ms: 40 }))
  await acknowledged(line, 3)
  const whole = await window(log.id, 0, 100)
  assert.deepEqual(
    whole.lines.map(({ i, t }) => [i, t]),
    [
      [0, 'one'],
      [1, 'two'],
      [2, 'three'],
      [3, 'four'],
    ],
  )
  assert.deepEqual([whole.done, whole.total], [true, 4])
  assert.deepEqual(await texts(log.id, 1, 2), ['two', 'three'])
  assert.deepEqual(await texts(log.id, -1, 5), ['four'])
  assert.deepEqual(await texts(log.id, 99, 5), [])
  line.drop()
})

test('a writer that heard no Ack says it again, and nothing stands twice', async () => {
  const log = await newLog()
  const first = await open(log.token)
  await say(first.line, 0, lines(0, ['a']))
  first.line.drop()
  const second = await open(log.token)
  assert.equal(second.received, 0)
  second.line.say(logMessage(0, { tag: 'LogEntries', contents: lines(0, ['a']) }))
  await say(second.line, 1, lines(1, ['b']))
  assert.deepEqual(await texts(log.id, 0, 10), ['a', 'b'])
  second.line.drop()
})

test('what was acknowledged survives a restart of the server, and the log goes on after it', async () => {
  const log = await newLog()
  const first = await open(log.token)
  await say(first.line, 0, lines(0, ['before']))
  await firn.restartServer()
  assert.deepEqual(await texts(log.id, 0, 10), ['before'])
  const second = await open(log.token)
  assert.equal(second.received, 0)
  await say(second.line, 1, lines(1, ['after']))
  assert.deepEqual(await texts(log.id, 0, 10), ['before', 'after'])
  second.line.drop()
  agent = (await puppet.connect()).line
})

test('a writer that came again while its old line was still heard is sent to come once more, not away', async () => {
  const log = await newLog()
  const [before, again] = [await open(log.token), await open(log.token)]
  await say(before.line, 0, lines(0, ['one']))
  again.line.say(logMessage(0, { tag: 'LogEntries', contents: lines(0, ['one']) }))
  assert.equal(await again.line.closed, 4408)
  before.line.say(logMessage(1, { tag: 'End', i: 1, ms: 0 }))
  await acknowledged(before.line, 1)
  const late = await open(log.token)
  late.line.say(logMessage(2, { tag: 'LogEntries', contents: lines(1, ['two']) }))
  assert.equal(await late.line.closed, 4409, 'of a log that has ended nothing more is taken')
  assert.deepEqual(await texts(log.id, 0, 9), ['one'])
  before.line.drop()
})

test('a gap in the numbers is refused, and so is what is no frame', async () => {
  const log = await newLog()
  const gap = await open(log.token)
  gap.line.say(logMessage(5, { tag: 'LogEntries', contents: lines(0, ['x']) }))
  assert.equal(await gap.line.closed, 4400)
  const nonsense = await open(log.token)
  nonsense.line.say({ tag: 'Msg', n: 0, p: { tag: 'LogEntries', contents: [{ tag: 'What' }] } })
  assert.equal(await nonsense.line.closed, 4400)
  assert.deepEqual(await texts(log.id, 0, 10), [])
})

test('a token is good for its log alone', async () => {
  const log = await newLog()
  await assert.rejects(puppet.openLog(`${log.token}x`))
  await assert.rejects(puppet.openLog(puppet.sessionToken))
})

test('4.9.9 a follower hears every line once, from wherever it begins, until the end', async () => {
  const log = await newLog()
  const { line } = await open(log.token)
  await say(line, 0, lines(0, ['0', '1', '2']))
  const heard: string[] = []
  const following = (async () => {
    for await (const part of await firn.client.firn.followLog({ id: log.id, from: 1 }))
      heard.push(...part.lines.map((l) => l.t))
  })()
  await until('the first lines to be heard', async () => heard.length === 2)
  for (let n = 1; n <= 20; n++) await say(line, n, lines(n + 2, [String(n + 2)]))
  line.say(logMessage(21, { tag: 'End', i: 23, ms: 230 }))
  await following
  assert.deepEqual(
    heard,
    Array.from({ length: 22 }, (_, i) => String(i + 1)),
  )
  line.drop()
})

test('many small and large pieces read as one log, whatever the window', async () => {
  const log = await newLog()
  const { line } = await open(log.token)
  const all: string[] = []
  for (let n = 0; n < 150; n++) {
    // Every seventh message is too large for a row and goes to the blob store at once.
    const own = n % 7 === 0 ? Array.from({ length: 400 }, () => randomUUID().repeat(8)) : [`line ${n}`]
    await say(line, n, lines(all.length, own))
    all.push(...own)
  }
  line.say(logMessage(150, { tag: 'End', i: all.length, ms: 1 }))
  await acknowledged(line, 150)
  for (const [from, count] of [
    [0, 5000],
    [399, 3],
    [400, 1],
    [4000, 5000],
    [all.length - 1, 10],
  ] as const)
    assert.deepEqual(await texts(log.id, from, count), all.slice(from, from + Math.min(count, 5000)))
  line.drop()
})

test('a full piece leaves the rows while its log goes on, and is gathered once', async () => {
  const log = await newLog()
  const { line } = await open(log.token)
  const all: string[] = []
  for (let n = 0; n < 200; n++) {
    const own = Array.from({ length: 100 }, (_, i) => `the same again ${i}`)
    await say(line, n, lines(all.length, own))
    all.push(...own)
  }
  const { db, close } = connect(firn.databaseUrl, { connectionsMax: 1 })
  const pieces = await db.selectFrom('log_piece').select(['lines', 'blob']).where('log_id', '=', log.id).execute()
  await close()
  const full = pieces.filter((piece) => piece.lines === 4096)
  assert.ok(full.length >= 3)
  assert.ok(full.every(({ blob }) => blob !== null))
  assert.deepEqual(await texts(log.id, 4000, 300), all.slice(4000, 4300))
  line.drop()
})

test('control sequences, NUL, look-alikes of Nix and very long lines are data', async () => {
  const log = await newLog()
  const { line } = await open(log.token)
  const nasty = ['\u001b[31mred\u001b[0m', 'a\u0000b', '@nix {"action":"stop"}', '\r\rprogress', 'data: {"done":true}']
  const long = 'x'.repeat(1024 * 1024)
  await say(line, 0, lines(0, [...nasty, long, `${long}${'y'.repeat(300_000)}`, 'two\nlines']))
  const got = await texts(log.id, 0, 20)
  assert.deepEqual(got.slice(0, 5), nasty)
  assert.ok(got[5] === long, 'a megabyte is kept as it is')
  assert.match(got[6] ?? '', /^x{786432} … \(Firn left out 300000 characters of this line\) … y{262144}$/)
  assert.deepEqual(got.slice(7), ['two', 'lines'])
  line.drop()
})

test('one message of a million lines is not taken whole', async () => {
  const log = await newLog()
  const { line } = await open(log.token)
  await say(line, 0, lines(0, ['\n'.repeat(1_000_000)]))
  const { total } = await window(log.id, 0, 1)
  assert.equal(total, 100_001)
  assert.match((await texts(log.id, -1, 1))[0] ?? '', /left out the rest of this message/)
  line.drop()
})

test('phases stand on the line that they begin with', async () => {
  const log = await newLog()
  const { line } = await open(log.token)
  await say(line, 0, [
    { tag: 'Result', i: 0, ms: 0, act: 1, rtype: 104, fields: ['buildPhase'] },
    ...lines(1, ['make', 'ok']),
  ])
  const { lines: got } = await window(log.id, 0, 10)
  assert.deepEqual(
    got.map(({ phase }) => phase),
    ['buildPhase', undefined],
  )
  assert.deepEqual(await firn.client.firn.logPhases({ id: log.id }), [{ i: 0, name: 'buildPhase' }])
  line.drop()
  await puppet.sendStatus(log.id, successful)
})

const phase = (i: number, name: string): LogEntry => ({ tag: 'Result', i, ms: i, act: 1, rtype: 104, fields: [name] })

test('a phase that was acknowledged before its first line is not lost with the connection', async () => {
  const log = await newLog()
  const first = await open(log.token)
  await say(first.line, 0, [...lines(0, ['unpacked']), phase(1, 'patchPhase'), phase(2, 'build\u0000Phase')])
  assert.deepEqual(await firn.client.firn.logPhases({ id: log.id }), [])
  first.line.drop()
  const second = await open(log.token)
  await say(second.line, 1, lines(3, ['make']))
  assert.deepEqual(await firn.client.firn.logPhases({ id: log.id }), [{ i: 1, name: 'build\ufffdPhase' }])
  second.line.drop()
})

test('a builder that names phases without end has a thousand of them, with short names', async () => {
  const log = await newLog()
  const { line } = await open(log.token)
  for (let n = 0; n < 3; n++)
    await say(line, n, Array.from({ length: 500 }, (_, k) => [phase(k, 'p'.repeat(5000)), ...lines(k, ['x'])]).flat())
  const phases = await firn.client.firn.logPhases({ id: log.id })
  assert.deepEqual([phases.length, phases[0]?.name.length], [1000, 200])
  assert.equal((await window(log.id, 0, 1)).total, 1500)
  line.drop()
})

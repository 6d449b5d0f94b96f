import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after, before, test } from 'node:test'
import type { LogEntry, LogServerFrame } from '@firn/contract/agent/log'
import type { BuildTask } from '@firn/contract/agent/task'
import { DerivationDetail } from '@firn/contract/api/derivation'
import { LogLine, LogWindow } from '@firn/contract/api/log'
import { pages } from '@firn/contract/paths'
import { openDesk } from '@firn/testkit/desk'
import { attribute, derivation, drv, failure, request, wanted } from '@firn/testkit/events'
import { type Line, logMessage, successful, terminated } from '@firn/testkit/puppet-agent'
import { until } from '@firn/testkit/wait'
import { openServerBench, type ServerBench } from '../../testing/server-bench.ts'

let bench: ServerBench
before(async () => {
  bench = await openServerBench()
})
after(() => bench[Symbol.asyncDispose]())

const salted = (word: string) => `${word}-${randomUUID().slice(0, 8)}`
const local = { site: 'local', account: 'local' }
const linesOf = (text: string) => text.trimEnd().split('\n')

/** The log of a build under way, as its agent writes it. */
class Writer {
  readonly #line: Line<LogServerFrame, object>
  #frames: number
  #entries: number

  private constructor(line: Line<LogServerFrame, object>, { frames, entries }: { frames: number; entries: number }) {
    this.#line = line
    this.#frames = frames
    this.#entries = entries
  }

  /** @param entries how many were written over an earlier connection */
  static async open({ logToken }: BuildTask, { on = bench, entries = 0 } = {}): Promise<Writer> {
    const line = await on.desk.puppet.openLog(logToken)
    await line.next()
    line.say({ tag: 'Oob', o: { tag: 'Hello', contents: { storeProtocolVersion: 34, clientProtocolVersion: 34 } } })
    const heard = await line.next()
    return new Writer(line, { frames: heard.tag === 'Ack' ? heard.n + 1 : 0, entries })
  }

  /** Resolves when the server has them. */
  async write(...texts: string[]): Promise<void> {
    const entries: LogEntry[] = texts.map((text) => {
      const i = this.#entries++
      return { tag: 'Result', i, ms: i * 10, act: 1, rtype: 101, fields: [text] }
    })
    const n = this.#frames++
    this.#line.say(logMessage(n, { tag: 'LogEntries', contents: entries }))
    for (;;) {
      const frame = await this.#line.next()
      if (frame.tag === 'Ack' && frame.n >= n) return
    }
  }

  end(): void {
    this.#line.say(logMessage(this.#frames++, { tag: 'End', i: this.#entries, ms: this.#entries * 10 }))
  }
}

/** A build under way. */
async function started(on = bench): Promise<{ name: string; project: string; task: BuildTask }> {
  const name = salted('pot')
  const project = await on.pushed(wanted(name))
  const task = await on.desk.build()
  on.desk.line.tell({ tag: 'Started', contents: { taskId: task.id } })
  return { name, project, task }
}

test('build show: by path, page, attribute and name; the exit status is its result', async () => {
  const name = salted('hello')
  const project = await bench.pushed([
    derivation(name),
    request(name),
    attribute(['packages', 'x86.64', 'hello'], name),
  ])
  const task = await bench.desk.build()
  bench.desk.line.tell({ tag: 'Started', contents: { taskId: task.id } })
  await until('the build to have begun', async () => {
    const [account] = await bench.firn.client.accounts.list({})
    const { status } = await bench.firn.client.derivations.get({ id: account?.id ?? '', drv: drv(name) })
    return status === 'Building'
  })
  await bench.desk.puppet.sendStatus(task.id, successful)
  const page = pages.derivationLog(local, drv(name))
  const ways = [
    [drv(name)],
    [`${bench.firn.url}${page}#L3`],
    [`${project}#2`, 'packages."x86.64".hello'],
    [`${bench.firn.url}/local/local/${project}/jobs/2`, name],
    [project, name.slice(0, -2)],
  ]
  for (const way of ways) {
    const { status, stdout, stderr } = await bench.run('build', 'show', ...way)
    assert.equal(status, 0, stderr)
    assert.match(stdout, new RegExp(`^● ${name} — Built on puppet\\.\\n {2}${drv(name)}  x86_64-linux\\n`))
    assert.match(stdout, /\n {2}attempt 1 succeeded on puppet/)
    assert.match(
      stdout,
      new RegExp(`\\n {2}for local/local/${project}#2 \\(refs/heads/main\\): packages\\."x86\\.64"\\.hello\\n`),
    )
    assert.ok(stdout.includes(`\n${bench.firn.url}${pages.derivation(local, drv(name))}`), stdout)
  }
  const { stdout } = await bench.run('build', 'show', drv(name), '--json')
  assert.equal(DerivationDetail.parse(JSON.parse(stdout)).status, 'BuildSuccess')
})

test('5.2.1 what several are called is not guessed: the candidates are listed', async () => {
  const word = salted('twin')
  const project = await bench.pushed([...wanted(`${word}-a`), ...wanted(`${word}-b`), failure(['bad', 'recipe'], 'no')])
  await bench.desk.finishBuild()
  await bench.desk.finishBuild()
  const { status, stderr } = await bench.run('build', 'show', project, word)
  assert.equal(status, 2)
  assert.match(stderr, new RegExp(`^firn: 2 builds in local/local/${project}#2 are called ${word}\\. Which one\\?\\n`))
  for (const name of ['a', 'b']) assert.ok(stderr.includes(`\n  ${drv(`${word}-${name}`)}\n`), stderr)
  const cases: [string[], RegExp][] = [
    [
      [project, 'bad.recipe'],
      /^firn: bad\.recipe does not evaluate, .*firn job show local\/local\/\w+#2 says why\.\n$/,
    ],
    [[project, 'nothing'], /^firn: Nothing in local\/local\/\w+#2 is called nothing\.\n$/],
    [[drv('never-heard-of')], /^firn: No evaluation has come upon .*\.drv\.\n$/],
    [['/nix/store/pnahw1jdk3fr6rfhjfbi06skfbpja82p-hello'], /is not a derivation: its path ends in \.drv/],
    [[project], /alone names no build\. A build is written as the path/],
    [
      ['https://ci.example.org/accounts/local/local/derivations/x'],
      /^firn: That page is of https:\/\/ci\.example\.org/,
    ],
    [[`${bench.firn.url}/local/local/${project}`], /is not the page of a build/],
  ]
  for (const [args, sentence] of cases) {
    const { status, stdout, stderr } = await bench.run('build', 'show', ...args)
    assert.deepEqual([status, stdout], [2, ''], stderr)
    assert.match(stderr, sentence)
  }
})

test('build show of what failed has the end of its log: 1; of what is blocked by it: 1; of what broke: 2', async () => {
  const name = salted('oven')
  const project = await bench.pushed([...wanted(name), ...wanted(`above-${name}`, [name])])
  const task = await bench.desk.build()
  bench.desk.line.tell({ tag: 'Started', contents: { taskId: task.id } })
  const log = await Writer.open(task)
  await log.write(
    ...Array.from({ length: 20 }, (_, n) => `line ${n}`),
    '\u001b[31mthe fuse\u001b[0m has \u001b]0;x\u0007blown',
  )
  await bench.desk.puppet.sendStatus(task.id, terminated)
  const failed = await bench.run('build', 'show', project, name)
  assert.equal(failed.status, 1)
  assert.match(failed.stdout, /\n {2}The last of 21 lines of its log:\n {4}line 9\n/)
  assert.match(failed.stdout, /\n {4}the fuse has blown\n/)
  const blocked = await bench.run('build', 'show', drv(`above-${name}`))
  assert.equal(blocked.status, 1)
  assert.match(blocked.stdout, new RegExp(`^↯ above-${name} — Not built, because ${name} failed\\.\\n`))
  const retried = await bench.run('build', 'retry', project, name)
  assert.equal(retried.status, 0, retried.stderr)
  assert.match(retried.stdout, new RegExp(`^[○◐] ${name} — `))
  for (let n = 0; n < 3; n++) await bench.desk.finishBuild({ tag: 'Exceptional', contents: 'the disk is full' })
  const broken = await bench.run('build', 'show', drv(name))
  assert.equal(broken.status, 2)
  assert.match(broken.stdout, new RegExp(`^⚠ ${name} — Broken, which is not`))
})

test('build retry of what has not failed is refused: 2', async () => {
  const name = salted('fine')
  await bench.pushed(wanted(name))
  await bench.desk.finishBuild()
  const { status, stdout, stderr } = await bench.run('build', 'retry', drv(name))
  assert.deepEqual(
    [status, stdout, stderr],
    [2, '', `firn: ${name} has neither failed nor been cancelled, so there is nothing to retry.\n`],
  )
})

test('2.5.6 build cancel: red until it is retried; what does not wait or run is refused: 2', async () => {
  const { name, project, task } = await started()
  const cancelled = await bench.run('build', 'cancel', project, name)
  assert.deepEqual([cancelled.status, cancelled.stderr], [0, ''])
  assert.match(cancelled.stdout, new RegExp(`^⊘ ${name} — Cancelled`))
  await bench.desk.puppet.sendStatus(task.id, successful)
  assert.equal((await bench.run('build', 'show', drv(name))).status, 1)
  const again = await bench.run('build', 'cancel', drv(name))
  assert.deepEqual([again.status, again.stdout], [2, ''])
  assert.match(again.stderr, /^firn: .*nothing to cancel\.\n$/)
  const retried = await bench.run('build', 'retry', drv(name), '--json')
  assert.match(DerivationDetail.parse(JSON.parse(retried.stdout)).status, /^(Waiting|Building)$/)
  await bench.desk.finishBuild()
})

test('build log: all, the last lines, from a line on; as JSON one document', async () => {
  const { name, project, task } = await started()
  const log = await Writer.open(task)
  await log.write(...Array.from({ length: 12 }, (_, n) => `line ${n + 1}`))
  const begun = await bench.run('build', 'log', project, name)
  assert.deepEqual(linesOf(begun.stdout).length, 12)
  assert.match(begun.stderr, /The build goes on; -f follows its log\./)
  log.end()
  await bench.desk.puppet.sendStatus(task.id, successful)
  const read = async (...args: string[]) => linesOf((await bench.run('build', 'log', drv(name), ...args)).stdout)
  assert.deepEqual(await read('--lines', '2'), ['line 11', 'line 12'])
  assert.deepEqual(await read('--from', '11'), ['line 11', 'line 12'])
  assert.deepEqual(await read('--from', '3', '--lines', '2'), ['line 3', 'line 4'])
  assert.deepEqual((await read('--lines', '99')).length, 12)
  const { stdout } = await bench.run('build', 'log', drv(name), '--json', '--lines', '2')
  const window = LogWindow.parse(JSON.parse(stdout))
  assert.deepEqual([window.done, window.total, window.lines.map(({ t }) => t)], [true, 12, ['line 11', 'line 12']])
  const beyond = await bench.run('build', 'log', drv(name), '--json', '--from', '99')
  assert.deepEqual(LogWindow.parse(JSON.parse(beyond.stdout)).lines, [])
  assert.equal(beyond.stderr, 'The log has 12 lines.\n')
})

test('build log -f waits for the log, prints what comes, ends with it', async () => {
  const name = salted('slow')
  const foreign = derivation(name, [], { platform: 'aarch64-linux' })
  const project = await bench.pushed([foreign, request(name), attribute([name], name)])
  const plain = bench.start('build', 'log', '-f', project, name)
  const json = bench.start('build', 'log', '-f', '--json', drv(name))
  for (const waiting of [plain, json]) await waiting.printed('none for aarch64-linux is online')
  using arm = await openDesk(bench.firn, { platforms: ['aarch64-linux'] })
  const task = await arm.build()
  arm.line.tell({ tag: 'Started', contents: { taskId: task.id } })
  const log = await Writer.open(task)
  await log.write('first')
  await plain.printed('first\n')
  await log.write('second', 'third')
  await plain.printed('third\n')
  log.end()
  await arm.puppet.sendStatus(task.id, successful)
  const said = await plain.ended
  assert.deepEqual([said.status, said.stdout], [0, 'first\nsecond\nthird\n'])
  const events = await json.ended
  assert.equal(events.status, 0)
  const lines = linesOf(events.stdout).map((line) => LogLine.parse(JSON.parse(line)))
  assert.deepEqual(
    lines.map(({ i, t }) => [i, t]),
    [
      [0, 'first'],
      [1, 'second'],
      [2, 'third'],
    ],
  )
})

test('a log that is followed goes on when the server is started again, and no line comes twice', async () => {
  await using own = await openServerBench()
  const { name, task } = await started(own)
  const log = await Writer.open(task, { on: own })
  await log.write('before')
  const following = own.start('build', 'log', '-f', drv(name))
  await following.printed('before\n')
  await own.firn.restartServer()
  const again = await Writer.open(task, { on: own, entries: 1 })
  await again.write('after')
  again.end()
  const { status, stdout } = await following.ended
  assert.deepEqual([status, stdout], [0, 'before\nafter\n'])
})

test('a log on a terminal has its colours and nothing else; NO_COLOR takes them', async () => {
  const { name, task } = await started()
  const log = await Writer.open(task)
  await log.write(
    '\u001b[32mgreen\u001b[0m \u001b]8;;http://evil\u0007link\u001b[2J\u001b[?1049h\u009b31mx \u001b]52;c;aGk=\u001b\\end',
  )
  log.end()
  await bench.desk.puppet.sendStatus(task.id, successful)
  const { stdout } = await bench.onTerminal(['build', 'log', drv(name)])
  assert.equal(stdout, '\u001b[32mgreen\u001b[0m link31mx end\u001b[0m\r\n')
  const plain = await bench.onTerminal(['build', 'log', drv(name)], { NO_COLOR: '1' })
  assert.equal(plain.stdout, 'green link31mx end\r\n')
})

test('a long log into head ends quietly and early', async () => {
  const { name, task } = await started()
  const log = await Writer.open(task)
  for (let n = 0; n < 12; n++) await log.write(...Array.from({ length: 1000 }, (_, i) => `${n} ${i} ${'x'.repeat(80)}`))
  log.end()
  await bench.desk.puppet.sendStatus(task.id, successful)
  for (const more of [[], ['--json'], ['-f']]) {
    const { stdout, stderr, status } = await bench.into('head -1', 'build', 'log', drv(name), ...more).ended
    assert.equal(linesOf(stdout).length, 1)
    assert.deepEqual([stderr, status], ['', 130])
  }
  const whole = await bench.run('build', 'log', drv(name))
  assert.equal(linesOf(whole.stdout).length, 12_000)
})

test('what has no log says why: 2', async () => {
  const name = salted('blocked')
  const below = salted('below')
  const project = await bench.pushed([...wanted(below), ...wanted(name, [below])])
  await bench.desk.finishBuild(terminated)
  for (const more of [[], ['-f']]) {
    const { status, stdout, stderr } = await bench.run('build', 'log', project, name, ...more)
    assert.deepEqual([status, stdout], [2, ''])
    assert.equal(stderr, `firn: There is no log of ${name}. Not built, because ${below} failed.\n`)
  }
  for (const args of [
    ['--lines', '0'],
    ['--from', 'x'],
    ['-f', '--from', '1', '--lines', '2'],
  ]) {
    const { status, stderr } = await bench.run('build', 'log', project, name, ...args)
    assert.equal(status, 2)
    assert.match(stderr, /^firn: --/)
  }
})

/**
 * Logs, for real: how long one build takes that prints 100 MB, through agent and server, against `nix-store --realise`
 * writing its output to a file; how fast the server takes a log of 100 MB that no agent has shortened, and in how much
 * memory; how late a line is in a follower's hands; and what the page does with a million lines. Needs the built dashboard
 * (`npm run build -w @firn/web`). Give a number to make the logs that many times smaller.
 */
import { execFile } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { mkdtemp, open, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type { LogEntry } from '@firn/contract/agent/log'
import { openBrowser } from '../src/browser.ts'
import { memoryOf, resetPeak } from '../src/memory.ts'
import { openNixConfig } from '../src/nix-config.ts'
import { joinPuppet, logMessage, type Puppet } from '../src/puppet-agent.ts'
import { openLogWriter } from '../src/puppet-log.ts'
import { openRepository } from '../src/repository.ts'
import { openState, type Up } from '../src/up.ts'
import { finishedCommit, until } from '../src/wait.ts'

const run = promisify(execFile)
const lines = 1_000_000 / Number(process.argv[2] ?? 1)
const text = (i: number) =>
  `[${i}/${lines}] gcc -O2 -Wall -fstack-protector-strong -Isrc/include -c src/unit-${i % 977}.c -o build/unit-${i}.o`
/** The same lines from the sandbox's busybox. */
const printLines = `awk 'BEGIN { for (i = 0; i < ${lines}; i++) printf "[%d/${lines}] gcc -O2 -Wall -fstack-protector-strong -Isrc/include -c src/unit-%d.c -o build/unit-%d.o\\n", i, i % 977, i }'`

const seconds = (ms: number) => `${(ms / 1000).toFixed(2)} s`
const say = (what: string, figures: string) => console.log(`  ${what.padEnd(46)} ${figures}`)
const derivation = (name: string, script: string) => `derivation {
  name = "${name}"; system = "x86_64-linux"; builder = "/bin/sh"; salt = "${randomUUID()}";
  args = [ "-c" ${JSON.stringify(`${script}; echo done > $out`).replaceAll('${', '\\${')} ];
}`

console.log(`one build that prints ${lines} lines`)
const nixMs = await realise()
say('nix-store --realise, output to a file', seconds(nixMs))
await throughFirn()
await throughServer()

async function realise(): Promise<number> {
  const folder = await mkdtemp(join(tmpdir(), 'firn-bench-'))
  await using nix = await openNixConfig()
  const env = { ...process.env, NIX_CONF_DIR: nix.folder }
  try {
    await writeFile(join(folder, 'default.nix'), derivation('chatty', printLines))
    const { stdout } = await run('nix-instantiate', [folder], { env })
    const begun = performance.now()
    await run('sh', ['-c', `nix-store --realise ${stdout.trim()} > ${folder}/log 2>&1`], { env })
    const tookMs = performance.now() - begun
    await using file = await open(join(folder, 'log'))
    say('  bytes in the file', `${((await file.stat()).size / 1e6).toFixed(0)} MB`)
    return tookMs
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

async function throughFirn(): Promise<void> {
  await using state = await openState()
  const up = await state.start()
  const server = await up.part('server')
  await resetPeak(server)
  const before = await memoryOf(server)
  const built = await build(up, derivation('chatty', printLines))
  const after = await memoryOf(server)
  const log = await up.client.firn.logWindow({ id: built.logId, from: -1, count: 1 })
  say('Firn, from start to reported, log and all', `${seconds(built.tookMs)}   ${(built.tookMs / nixMs).toFixed(2)} ×`)
  say('  lines that reached the server', `${log.total} (the agent keeps to 4.9.7)`)
  say('  memory of the server, before and at most', `${before.nowMb} MB, ${after.peakMb} MB`)
  console.log('a line from the builder to a follower of the API (the clock ticks every 10 ms)')
  say('  alone', wordDelays(await delaysOf(up, 'calm')))
  const flood = build(up, derivation('flood', printLines))
  say('  while another build prints without end', wordDelays(await delaysOf(up, 'crowded')))
  await flood
  await up.interrupt()
}

/** Pushes a job of one build and waits for it. */
async function build(up: Up, expression: string): Promise<{ tookMs: number; logId: string }> {
  const { rev, project } = await push(up, expression)
  await finishedCommit(up.client, project, rev, 600_000)
  const { events, logId } = await onlyBuild(up, project)
  const times = events.flat().flatMap((event) => Object.entries(event).map(([kind, at]) => [kind, at.time] as const))
  const at = (kind: string) => Date.parse(times.find(([it]) => it === kind)?.[1] ?? '')
  return { tookMs: at('Succeeded') - at('Started'), logId: logId ?? '' }
}

async function push(up: Up, expression: string): Promise<{ rev: string; project: string }> {
  await using repository = await openRepository()
  const project = `p${randomUUID().slice(0, 8)}`
  const rev = await repository.commit({
    'ci.nix': `{ herculesCI = { ... }: { onPush.default.outputs.x = ${expression}; }; }`,
  })
  await repository.push(up.remote(project))
  return { rev, project }
}

async function onlyBuild(up: Up, project: string) {
  const [account] = await up.client.accounts.list({})
  const { items } = await up.client.projects.jobsBySite({ site: 'local', account: 'local', project })
  const job = items.find((item) => item.jobType === 'OnPush')
  const attributes = job && (await up.client.firn.attributes({ id: job.id }))
  const drv = attributes?.items[0]?.derivationPath
  if (!drv) throw new Error(`${project} has no build`)
  return up.client.derivations.get({ id: account?.id ?? '', drv })
}

/** How late each line of a builder is heard; it prints the kernel's uptime, which is the same within the sandbox. */
async function delaysOf(up: Up, name: string): Promise<number[]> {
  const ticks = 'sleep 2; for i in $(seq 1 200); do read up rest < /proc/uptime; echo "at $up"; sleep 0.03; done'
  const { project } = await push(up, derivation(name, ticks))
  const logId = await until('the build to begin', async () =>
    onlyBuild(up, project).then(
      (it) => it.logId ?? undefined,
      () => undefined,
    ),
  )
  const delays: number[] = []
  for await (const part of await up.client.firn.followLog({ id: logId })) {
    const now = Number((await uptime()).split(' ')[0])
    for (const { t } of part.lines) {
      const printed = /^at ([\d.]+)$/.exec(t)?.[1]
      if (printed !== undefined) delays.push((now - Number(printed)) * 1000)
    }
  }
  return delays.sort((a, b) => a - b)
}

async function uptime(): Promise<string> {
  await using file = await open('/proc/uptime')
  return file.readFile('utf8')
}

function wordDelays(sorted: number[]): string {
  const at = (share: number) => (sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0).toFixed(0)
  return `p50 ${at(0.5)} ms, p99 ${at(0.99)} ms, longest ${at(1)} ms of ${sorted.length}`
}

/** A log that no agent shortens, as fast as the server acknowledges it; then the page of it. */
async function throughServer(): Promise<void> {
  console.log(`a log of ${lines} lines from an agent that sends them all, to the server alone`)
  await using state = await openState()
  const up = await state.start('--no-agent')
  const puppet = await joinPuppet(up, { concurrentTasks: 8 })
  const { line: agent } = await puppet.connect()
  const server = await up.part('server')
  const task = await openLogWriter({ firn: up, puppet, agent })
  await task[Symbol.asyncDispose]()
  agent.tell({ tag: 'Started', contents: { taskId: task.id } })
  await resetPeak(server)
  const before = await memoryOf(server)
  const memory: string[] = []
  const begun = performance.now()
  const mb = await writeAll(puppet, task.token, async (share) => {
    memory.push(`${share}: ${(await memoryOf(server)).nowMb}`)
  })
  const tookMs = performance.now() - begun
  const after = await memoryOf(server)
  say('kept and acknowledged', `${seconds(tookMs)}   ${(mb / (tookMs / 1000)).toFixed(1)} MB/s of ${mb.toFixed(0)} MB`)
  say('memory of the server, before and at most', `${before.nowMb} MB, ${after.peakMb} MB`)
  say('  on the way, in MB', memory.join(', '))
  await readBack(up, task.id)
  const read = await memoryOf(server)
  say('  and at most when searched and downloaded', `${read.peakMb} MB`)
  await lookAt(up, task.project)
  agent.drop()
  await up.interrupt()
}

async function writeAll(puppet: Puppet, logToken: string, tell: (share: string) => Promise<void>): Promise<number> {
  const line = await puppet.openLog(logToken)
  await line.next()
  line.say({ tag: 'Oob', o: { tag: 'Hello', contents: { storeProtocolVersion: 34, clientProtocolVersion: 34 } } })
  const frameLines = 1000
  const frames = Math.ceil(lines / frameLines)
  const underWayMax = 8
  let heard = -1
  const acknowledged = async (n: number) => {
    while (heard < n) {
      const frame = await line.next()
      if (frame.tag === 'Ack') heard = frame.n
    }
  }
  let characters = 0
  for (let n = 0; n < frames; n++) {
    const at = { ms: n, act: 1 }
    const i = n * (frameLines + 1)
    const phase: LogEntry = { tag: 'Result', ...at, i, rtype: 104, fields: [`part${n}Phase`] }
    const contents = Array.from({ length: frameLines }, (_, k): LogEntry => {
      const t = text(n * frameLines + k)
      characters += t.length + 1
      return { tag: 'Result', ...at, i: i + k + 1, rtype: 101, fields: [t] }
    })
    line.say(logMessage(n, { tag: 'LogEntries', contents: n % 100 === 0 ? [phase, ...contents] : contents }))
    if (n >= underWayMax) await acknowledged(n - underWayMax)
    if (n % (frames / 5) === 0) await tell(`${(100 * n) / frames} %`)
  }
  line.say(logMessage(frames, { tag: 'End', i: frames * (frameLines + 1), ms: frames }))
  await acknowledged(frames)
  line.drop()
  return characters / 1e6
}

async function readBack(up: Up, id: string): Promise<void> {
  const timed = async <T>(what: string, work: () => Promise<T>, words: (it: T) => string) => {
    const begun = performance.now()
    const it = await work()
    say(what, `${seconds(performance.now() - begun)}   ${words(it)}`)
  }
  await timed(
    'any 1000 lines of it',
    () => up.client.firn.logWindow({ id, from: Math.floor(lines / 2), count: 1000 }),
    (it) => `${it.lines.length} lines`,
  )
  await timed(
    'searched for what is there once',
    () => search(up, id, `unit-${lines - 1}.o`),
    (it) => `${it} found`,
  )
  await timed(
    'searched for what is in every 977th line',
    () => search(up, id, 'unit-976.c'),
    (it) => `${it} found`,
  )
  await timed(
    'downloaded as text',
    async () => (await (await fetch(`${up.url}/api/v1/firn/logs/${id}/text`)).arrayBuffer()).byteLength,
    (it) => `${(it / 1e6).toFixed(0)} MB`,
  )
}

async function search(up: Up, id: string, q: string): Promise<number> {
  let found = 0
  for (let from: number | null = 0; from !== null; ) {
    const answer: { lines: number[]; next: number | null } = await up.client.firn.searchLog({ id, q, from })
    found += answer.lines.length
    from = answer.next
  }
  return found
}

async function lookAt(up: Up, project: string): Promise<void> {
  console.log('the page of it, in Chromium')
  await using opened = await openBrowser()
  const context = await opened.browser.newContext({ viewport: { width: 1280, height: 900 } })
  const page = await context.newPage()
  const rows = 'section[aria-label=Log] code'
  const address = `${up.url}/local/local/${project}/jobs/1/evaluation/log`
  // The first visit pays for starting the browser's processes.
  await page.goto(up.url)
  const begun = performance.now()
  await page.goto(address)
  await page.locator(rows, { hasText: 'gcc' }).first().waitFor()
  say('from the address to the first lines', seconds(performance.now() - begun))
  const paint = await page.evaluate(() => performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? 0)
  say('first contentful paint', seconds(paint))
  const jumps: number[] = []
  for (const part of [0.5, 0.1, 0.9, 0.3, 0.7]) {
    const wanted = Math.floor(lines * part)
    const from = performance.now()
    await page.goto(`${address}#L${wanted}`)
    await page.reload()
    await page
      .locator(rows, { hasText: `[${wanted - 1}/` })
      .first()
      .waitFor()
    jumps.push(performance.now() - from)
  }
  say('opened at #L… (reload and all)', jumps.map(seconds).join(', '))
  const scrolls: number[] = []
  for (const part of [0.5, 0.1, 0.9, 0.3, 0.7]) {
    const from = performance.now()
    await page.getByLabel('Log', { exact: true }).evaluate((element, share) => {
      element.scrollTop = (element.scrollHeight - element.clientHeight) * share
    }, part)
    await page
      .locator(rows, { hasText: new RegExp(`^\\[${String(Math.floor(lines * part)).slice(0, 3)}\\d*/`) })
      .first()
      .waitFor()
    scrolls.push(performance.now() - from)
  }
  say('the scroll bar dragged to a place', scrolls.map(seconds).join(', '))
  const from = performance.now()
  await page.getByLabel('Search the log').fill('unit-976.c')
  await page.getByText(`0 of ${Math.floor((lines - 977) / 977 + 1).toLocaleString('en')}`, { exact: true }).waitFor()
  say('searched, until the count is whole', seconds(performance.now() - from))
  await context.close()
}

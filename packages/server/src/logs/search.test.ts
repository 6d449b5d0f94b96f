import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after, before, test } from 'node:test'
import { type Desk, openDesk } from '@firn/testkit/desk'
import { drv, handler, jobConfig, wanted } from '@firn/testkit/events'
import { type Installation, startInstallation } from '@firn/testkit/installation'
import { terminated } from '@firn/testkit/puppet-agent'
import { openLogWriter, writeLog } from '@firn/testkit/puppet-log'
import { finishedCommit } from '@firn/testkit/wait'

/** Search in logs, parts of them as text, and whose they are. */
let firn: Installation
let desk: Desk
before(async () => {
  firn = await startInstallation()
  desk = await openDesk(firn, { concurrentTasks: 64 })
})
after(async () => {
  desk[Symbol.dispose]()
  await firn[Symbol.asyncDispose]()
})

const search = (id: string, q: string, from = 0) => firn.client.firn.searchLog({ id, q, from })
const text = (id: string, query = '') => fetch(`${firn.url}/api/v1/firn/logs/${id}/text${query}`)

test('a search of a log sees what a person sees: through colours, whatever the case, whatever the piece', async () => {
  await using log = await openLogWriter({ firn, puppet: desk.puppet, agent: desk.line })
  for (let n = 0; n < 3; n++)
    await log.write(
      Array.from({ length: 6000 }, (_, k) => (k === 5 ? `\x1b[1mFat\x1b[31mal\x1b[0m ${n}` : `line ${k}`)),
    )
  assert.deepEqual(await search(log.id, 'FATAL'), { lines: [5, 6005, 12_005], next: null, total: 18_000 })
  assert.deepEqual((await search(log.id, 'fatal', 6000)).lines, [6005, 12_005])
  assert.deepEqual((await search(log.id, '[31m')).lines, [], 'colours are no text')
  const all = await search(log.id, 'line')
  assert.equal(all.lines.length, 17_997)
  await assert.rejects(search(log.id, '  '))
  await assert.rejects(search(randomUUID(), 'x'), /no such log/)
})

test('a search that finds very many lines comes in several answers', async () => {
  await using log = await openLogWriter({ firn, puppet: desk.puppet, agent: desk.line })
  for (let n = 0; n < 5; n++) await log.write(Array.from({ length: 5000 }, () => 'again'))
  const first = await search(log.id, 'again')
  assert.deepEqual([first.lines.length, first.next], [20_000, 20_000])
  const rest = await search(log.id, 'again', first.next ?? 0)
  assert.deepEqual([rest.lines[0], rest.lines.length, rest.next], [20_000, 5000, null])
})

test('5.2 a log as text, whole to save and in part to look at', async () => {
  await using log = await openLogWriter({ firn, puppet: desk.puppet, agent: desk.line })
  await log.write(Array.from({ length: 5000 }, (_, i) => `line ${i}`))
  const whole = await text(log.id)
  assert.match(whole.headers.get('content-type') ?? '', /^text\/plain/)
  assert.match(whole.headers.get('content-disposition') ?? '', /^attachment/)
  assert.equal(await whole.text(), Array.from({ length: 5000 }, (_, i) => `line ${i}\n`).join(''))
  const part = await text(log.id, '?from=4200&count=2')
  assert.match(part.headers.get('content-disposition') ?? '', /^inline/)
  assert.equal(await part.text(), 'line 4200\nline 4201\n')
  assert.equal((await text(log.id, '?from=-1')).status, 400)
  assert.equal((await text('x')).status, 400)
})

/** A job of some builds, each with a log of its own. */
async function jobWith(builds: Record<string, string[]>) {
  const { project, rev } = await desk.push()
  await desk.evaluate([jobConfig, handler('default')])
  await desk.evaluate(Object.keys(builds).flatMap((name) => wanted(name)))
  for (const _ of Object.keys(builds)) {
    const task = await desk.build()
    const name = task.derivationPath.slice(44, -4)
    desk.line.tell({ tag: 'Started', contents: { taskId: task.id } })
    await using log = await writeLog(desk.puppet, task)
    await log.write(builds[name] ?? [])
    await log.end()
    await desk.puppet.sendBuild(task.id, [{ tag: 'Done', contents: false }])
    await desk.puppet.sendStatus(task.id, terminated)
  }
  await finishedCommit(firn.client, project, rev)
  const job = (await desk.jobs(project)).find((it) => it.jobType === 'OnPush')
  return job?.id ?? assert.fail('there is no job')
}

test('a search of all logs of a job tells by build how often, and the first lines', async () => {
  const salt = randomUUID().slice(0, 8)
  const jobId = await jobWith({
    [`one-${salt}`]: ['fine', 'needle here', ...Array.from({ length: 20 }, () => 'Needle')],
    [`two-${salt}`]: ['fine'],
    [`three-${salt}`]: ['a needle'],
  })
  const found = await firn.client.firn.searchLogs({ id: jobId, q: 'needle' })
  assert.deepEqual([found.searched, found.next], [3, null])
  assert.deepEqual(
    found.builds
      .map(({ derivationPath, count, more, lines, status }) => [
        derivationPath.slice(44, -4 - salt.length - 1),
        count,
        more,
        lines.length,
        lines[0]?.i,
        status,
      ])
      .toSorted(),
    [
      ['one', 21, false, 5, 1, 'BuildFailure'],
      ['three', 1, false, 1, 0, 'BuildFailure'],
    ],
  )
  assert.deepEqual((await firn.client.firn.searchLogs({ id: jobId, q: 'nowhere' })).builds, [])
})

test('4.9.10, 5.2 the log of another build or evaluation is not had under this one', async () => {
  const salt = randomUUID().slice(0, 8)
  await jobWith({ [`mine-${salt}`]: ['mine'] })
  const jobId = await jobWith({ [`theirs-${salt}`]: ['theirs'] })
  const [account] = await firn.client.accounts.list({})
  const id = account?.id ?? ''
  const { builds } = await firn.client.firn.searchLogs({ id: jobId, q: 'theirs' })
  const [theirs] = builds
  assert.ok(theirs)
  const lines = (drv: string) => firn.client.derivations.logLines({ id, drv, logId: theirs.logId })
  assert.deepEqual(
    (await lines(theirs.derivationPath)).lines.map((line) => line.t),
    ['theirs'],
  )
  await assert.rejects(lines(drv(`mine-${salt}`)), /has no log with this id/)
  await assert.rejects(firn.client.jobs.evaluationLog({ id: jobId, logId: theirs.logId }), /no log with this id/)
})

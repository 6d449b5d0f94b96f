import assert from 'node:assert/strict'
import { test } from 'node:test'
import { layeredProject } from '../fixtures.ts'
import { stillAlive } from '../processes.ts'
import { openRepository } from '../repository.ts'
import { openState, type Up } from '../up.ts'
import { finishedCommit, until } from '../wait.ts'

const project = { layers: 4, width: 3, seconds: 1 }
const derivations = project.layers * project.width

async function push(up: Up, name: string): Promise<string> {
  await using repository = await openRepository()
  const rev = await repository.commit({ 'ci.nix': layeredProject(project) })
  await repository.push(up.remote(name))
  return rev
}

async function overviewOf(up: Up, name: string) {
  const { items } = await up.client.projects.jobsBySite({ site: 'local', account: 'local', project: name })
  const job = items.find((item) => item.jobType === 'OnPush')
  return job && up.client.firn.jobOverview({ id: job.id })
}

/** Until some are built and some build now. */
function midBuild(up: Up, name: string) {
  return until('the job to be in the middle of its builds', async () => {
    const overview = await overviewOf(up, name)
    return overview !== undefined && overview.running.length > 0 && overview.job.counts.buildSuccess > 1
  })
}

/** Green, and nothing was built again after it was reported done. */
async function assertWhole(up: Up, name: string, rev: string): Promise<void> {
  const commit = await finishedCommit(up.client, name, rev, 120_000)
  assert.deepEqual(
    commit.jobs.map((job) => [job.jobType, job.jobStatus, job.because.replace(/\d+/, 'N')]),
    [
      ['Config', 'Success', 'The configuration declares N job for a push.'],
      ['OnPush', 'Success', 'All N built.'],
    ],
  )
  const [account] = await up.client.accounts.list({})
  const { items } = await up.client.firn.attributes({ id: commit.jobs[1]?.id ?? '' })
  assert.equal(items.length, derivations)
  for (const { derivationPath, path } of items) {
    const { events, logId } = await up.client.derivations.get({ id: account?.id ?? '', drv: derivationPath ?? '' })
    const ended = events.flat().map((event) => Object.keys(event)[0])
    assert.equal(ended.filter((word) => word === 'Succeeded').length, 1, `${path}: ${ended}`)
    assert.equal(ended.at(-1), 'Succeeded', 'nothing was done after it was done')
    const log = await up.client.firn.logWindow({ id: logId ?? '', from: 0, count: 100 })
    const texts = log.lines.map((line) => line.t)
    assert.ok(texts.includes(`end ${path.at(-1)}`), `the log of ${path} is whole: ${texts.join(' | ')}`)
  }
}

for (const part of ['server', 'agent', 'postgres'] as const)
  test(`kill -9 of the ${part} in the middle of a build: it is started again and the job finishes by itself`, async () => {
    await using state = await openState()
    const up = await state.start()
    const rev = await push(up, 'journey')
    await midBuild(up, 'journey')
    const before = await up.family()
    const victim = await up.part(part)
    process.kill(victim, 'SIGKILL')
    await until(`a new ${part}`, async () => (await up.part(part)) !== victim)
    await assertWhole(up, 'journey', rev)
    const end = await up.interrupt()
    assert.equal(end.status, 0)
    assert.deepEqual(await stillAlive([...before, ...(await up.family())]), [])
  })

test('kill -9 of everything at once, then start again: the job finishes by itself', async () => {
  await using state = await openState()
  const first = await state.start()
  const rev = await push(first, 'journey')
  await midBuild(first, 'journey')
  await first.killAll()
  const second = await state.start()
  await assertWhole(second, 'journey', rev)
})

test('kill -9 of the one that started everything leaves no process behind', async () => {
  await using state = await openState()
  const first = await state.start()
  await push(first, 'journey')
  await midBuild(first, 'journey')
  const family = await first.family()
  process.kill(first.pid, 'SIGKILL')
  await until('all processes to be gone', async () => (await stillAlive(family)).length === 0, 15_000)
})

test('Ctrl-C in the middle of a build stops everything within 10 s, and the next start does the rest', async () => {
  await using state = await openState()
  const first = await state.start()
  const rev = await push(first, 'journey')
  await midBuild(first, 'journey')
  const family = await first.family()
  const { status, tookMs } = await first.interrupt()
  assert.equal(status, 0)
  assert.ok(tookMs < 10_000, `it took ${tookMs} ms`)
  assert.deepEqual(await stillAlive(family), [])
  const second = await state.start()
  await assertWhole(second, 'journey', rev)
})

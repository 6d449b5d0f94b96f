/** Runs of a cluster benchmark: a whole installation, a job that was evaluated, and a crowd that builds it. */
import { readFile } from 'node:fs/promises'
import { setTimeout as delay } from 'node:timers/promises'
import { familyOf } from '../processes.ts'
import { joinPuppet, successful } from '../puppet-agent.ts'
import { openRepository } from '../repository.ts'
import { openState, type Up } from '../up.ts'
import type { CrowdPlan, CrowdReport } from './crowd.ts'
import { eventsOf, type Node, packageSet, wideSet } from './graph.ts'
import { startCrowd } from './start-crowd.ts'

export type CrowdSetting = Pick<CrowdPlan, 'agents' | 'slots' | 'form'>

export type Measured = {
  seconds: number
  feedSeconds: number
  waitsMs: number[]
  peakMb: number
  /** cpu of the server's process, and of PostgreSQL's, a build */
  serverMsEach: number
  databaseMsEach: number
  /** answers of the API about the job meanwhile */
  pages: Record<string, { ms: number[]; bytes: number }>
}

const askEveryMs = 1000

/** From the first build to the last, with builds that take no time. */
export async function measureBuilds(setting: CrowdSetting, size: number): Promise<Measured> {
  await using state = await openState()
  const up = await state.start('--no-agent')
  const { jobId, feedSeconds } = await feed(up, packageSet(size))
  const before = await cpuOf(up)
  const begun = performance.now()
  await using crowd = await startCrowd({ ...setting, ...(await invitation(up)), buildMs: { min: 0, max: 0 } })
  const pages: Measured['pages'] = {}
  const waitsMs: number[] = []
  for (let built = 0; built < size; ) {
    await delay(askEveryMs)
    const report = await crowd.report()
    built += report.completed
    for (const ms of report.waitsMs) waitsMs.push(ms)
    await look(up, jobId, pages)
  }
  const seconds = (performance.now() - begun) / 1000
  const after = await cpuOf(up)
  return {
    seconds,
    feedSeconds,
    waitsMs,
    pages,
    peakMb: await peakMemory(await up.part('server')),
    serverMsEach: (after.server - before.server) / size,
    databaseMsEach: (after.database - before.database) / size,
  }
}

/** How long freed slots wait for their next build while very many builds are ready and the cluster is not saturated. */
export async function measureWaits(setting: CrowdSetting, size: number): Promise<{ waitsMs: number[]; ready: number }> {
  await using state = await openState()
  const up = await state.start('--no-agent')
  await feed(up, wideSet(size))
  await using crowd = await startCrowd({ ...setting, ...(await invitation(up)), buildMs: { min: 2000, max: 6000 } })
  // The first round gives every slot its first build and is not counted.
  await delay(15_000)
  let built = (await crowd.report()).completed
  const reports: CrowdReport[] = []
  for (let n = 0; n < 20; n++) {
    await delay(askEveryMs)
    const report = await crowd.report()
    reports.push(report)
    built += report.completed
  }
  return { waitsMs: reports.flatMap((report) => report.waitsMs), ready: size - built }
}

/** A job with these derivations, evaluated by an agent that builds nothing: its platform is another. */
async function feed(up: Up, nodes: readonly Node[]): Promise<{ jobId: string; feedSeconds: number }> {
  const puppet = await joinPuppet(up, { concurrentTasks: 1 })
  const { line } = await puppet.connect()
  await using repository = await openRepository()
  await repository.commit({ 'ci.nix': '{ }' })
  await repository.push(up.remote('set'))
  const { payload } = await line.task()
  if (payload.tag !== 'StartEvaluation') throw new Error(`unexpected ${payload.tag}`)
  const taskId = payload.contents.id
  const begun = performance.now()
  for (const events of eventsOf(nodes, 'bench')) {
    const answer = await puppet.sendEvents(taskId, events)
    if (!answer.ok) throw new Error(`the events were not taken: ${await answer.text()}`)
  }
  await puppet.sendStatus(taskId, successful)
  line.drop()
  const at = { site: 'local', account: 'local', project: 'set' }
  const [job] = (await up.client.projects.jobsBySite(at)).items
  return { jobId: job?.id ?? '', feedSeconds: (performance.now() - begun) / 1000 }
}

async function invitation(up: Up): Promise<{ url: string; joinToken: string }> {
  const [account] = await up.client.accounts.list({})
  const { token } = await up.client.joinTokens.create({ id: account?.id ?? '', description: 'a crowd' })
  return { url: up.url, joinToken: token }
}

/** What a browser that shows the job asks for, and Prometheus. */
async function look(up: Up, jobId: string, pages: Measured['pages']): Promise<void> {
  const ask = async (name: string, path: string) => {
    const begun = performance.now()
    const answer = await fetch(`${up.url}${path}`, { headers: { authorization: `Bearer ${up.token}` } })
    const { byteLength } = await answer.arrayBuffer()
    if (!answer.ok) throw new Error(`${path} answered ${answer.status}`)
    pages[name] ??= { ms: [], bytes: 0 }
    pages[name].ms.push(performance.now() - begun)
    pages[name].bytes = Math.max(pages[name].bytes, byteLength)
  }
  await ask('overview of the job meanwhile', `/api/v1/firn/jobs/${jobId}/overview`)
  await ask('its attributes meanwhile', `/api/v1/firn/jobs/${jobId}/attributes?limit=200&offset=0`)
  await ask('a scrape of the metrics meanwhile', '/metrics')
}

/** Milliseconds of cpu so far. */
async function cpuOf(up: Up): Promise<{ server: number; database: number }> {
  const family = await familyOf(up.pid)
  const used = await Promise.all(
    family.map(async ({ pid, command }) => {
      const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '')
      const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
      // Ended children are counted with their parent, as PostgreSQL's backends are with the postmaster.
      const [user = 0, system = 0, childUser = 0, childSystem = 0] = fields.slice(11, 15).map(Number)
      const isDatabase = command.includes('postgres')
      const ticks = user + system + (isDatabase ? childUser + childSystem : 0)
      return { ms: ticks * 10, is: isDatabase ? 'database' : command.includes(' server') ? 'server' : 'other' }
    }),
  )
  const sum = (kind: string) => used.filter(({ is }) => is === kind).reduce((total, { ms }) => total + ms, 0)
  return { server: sum('server'), database: sum('database') }
}

async function peakMemory(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8')
  return Math.round(Number(/VmHWM:\s+(\d+)/.exec(status)?.[1]) / 1024)
}

/**
 * A load of builds on several servers that are killed at random or upgraded one after the other, and what must be true afterwards.
 * The kills come from a seed, so that a run can be had again (what else happens meanwhile is not in our hands).
 */
import { execFile } from 'node:child_process'
import { createHmac } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import { promisify } from 'node:util'
import { connect } from '@firn/server/db/connect'
import { sql } from 'kysely'
import { layeredProject } from './fixtures.ts'
import { type GitHost, hostLogin, startGitHost } from './git-host.ts'
import { type Replicas, startReplicas } from './replicas.ts'
import { openRepository } from './repository.ts'
import { away, until } from './wait.ts'

const run = promisify(execFile)

export const graph = { layers: 3, width: 3, seconds: 1, lines: 200 }

export type Trial = {
  seconds: number
  replicas: number
  agents: number
  settleMs: number
  disturb: (firn: Replicas, end: number) => Promise<Disturbed>
}

/** How often a server was ended, and what went wrong with that. */
type Disturbed = { ends: number; problems: string[] }

export type Outcome = { pushes: number; ends: number; builds: number; lostTasks: number; problems: string[] }

export async function disturbReplicas({ seconds, replicas, agents, settleMs, disturb }: Trial): Promise<Outcome> {
  await using host = await startGitHost()
  await using firn = await startReplicas(replicas)
  const processes = await Promise.all(Array.from({ length: agents }, () => firn.startAgent()))
  const load = await openLoad(firn, host)
  const end = Date.now() + seconds * 1000

  const [pushed, { ends, problems }] = await Promise.all([load.pushUntil(end), disturb(firn, end)])
  for (const one of firn.replicas) if (!one.isRunning()) await one.start()

  for (const { exitCode, signalCode } of processes)
    if (exitCode !== null || signalCode !== null) problems.push(`an agent ended by itself (${exitCode ?? signalCode})`)
  await settled(firn, load.projectId, { pushes: pushed.length, settleMs }).catch((error: Error) =>
    problems.push(error.message),
  )
  const audit = await auditDatabase(firn, load.projectId, pushed)
  return { pushes: pushed.length, ends, ...audit, problems: [...problems, ...audit.problems] }
}

type Pushed = { ref: string; rev: string }

/** A project that follows the host, and pushes of which every one has a branch of its own: none may hide another. */
async function openLoad(firn: Replicas, host: GitHost) {
  const { url, path } = await host.make('load')
  const [account] = await firn.client.accounts.list({})
  const repository = { name: 'load', url, ...hostLogin, pollEveryS: 10 }
  const { id } = await firn.client.firn.addRepository({ id: account?.id ?? '', ...repository })
  const made = await firn.client.firn.createPokeSecret({ id })
  await until('the first look', async () => (await firn.client.firn.repository({ id })).seenAt ?? undefined)
  return {
    projectId: id,
    async pushUntil(end: number): Promise<Pushed[]> {
      await using working = await openRepository()
      const pushed: Pushed[] = []
      while (Date.now() < end) {
        const ref = `refs/heads/push-${pushed.length}`
        const rev = await working.commit({ 'ci.nix': layeredProject(graph) })
        await working.push(path, `HEAD:${ref}`)
        pushed.push({ ref, rev })
        // Of two pushes one is told of; the other is found by looking.
        if (pushed.length % 2 === 0) await poke(made.repository.pokeUrl, made.secret).catch(away)
        await delay(Math.min(4000, Math.max(0, end - Date.now())))
      }
      return pushed
    },
  }
}

async function poke(url: string, secret: string): Promise<void> {
  const time = String(Math.trunc(Date.now() / 1000))
  const signature = createHmac('sha256', secret).update(`${time}.`).digest('hex')
  await fetch(url, { method: 'POST', headers: { 'x-firn-timestamp': time, 'x-firn-signature': `sha256=${signature}` } })
}

/** A server dies every one to five seconds, and comes back up to two seconds later: at times none is there. */
export function killAtRandom(seed: number): Trial['disturb'] {
  const chance = randomFrom(seed)
  return async (firn, end) => {
    const returning: Promise<void>[] = []
    let ends = 0
    for (;;) {
      await delay(1000 + chance() * 4000)
      if (Date.now() > end) break
      const victim = firn.replicas[Math.floor(chance() * firn.replicas.length)]
      const absentMs = chance() * 2000
      if (!victim?.isRunning()) continue
      await victim.end('SIGKILL')
      ends++
      const back = delay(absentMs).then(() => victim.start())
      // One that does not come back is told at the end.
      back.catch(() => {})
      returning.push(back)
    }
    await Promise.all(returning)
    return { ends, problems: [] }
  }
}

/** Each server is told to end, does so in order, and is there again before the next one's turn. */
export async function upgradeInTurn(firn: Replicas, end: number): Promise<Disturbed> {
  const problems: string[] = []
  let ends = 0
  while (Date.now() < end)
    for (const one of firn.replicas) {
      await delay(1000)
      const status = await one.end('SIGTERM')
      ends++
      if (status !== 0) problems.push(`the server at ${one.url} ended with status ${status}`)
      await one.start()
    }
  return { ends, problems }
}

async function settled(
  { client }: Replicas,
  projectId: string,
  { pushes, settleMs }: { pushes: number; settleMs: number },
): Promise<void> {
  // A configuration and its one handler for each push.
  const isDone = async () => {
    const { items } = await client.projects.jobs({ id: projectId, limit: 200 })
    return items.length >= 2 * pushes && items.every((job) => job.jobPhase === 'Done')
  }
  await until('the end of all jobs', () => isDone().catch(away), settleMs)
}

type Audit = { builds: number; lostTasks: number; problems: string[] }

async function auditDatabase(firn: Replicas, projectId: string, pushed: Pushed[]): Promise<Audit> {
  const { db, close } = connect(firn.databaseUrl)
  const problems: string[] = []
  try {
    const jobs = await db.selectFrom('job').selectAll().where('project_id', '=', projectId).execute()
    for (const { ref, rev } of pushed) {
      const own = jobs.filter((job) => job.ref === ref && job.rev === rev)
      const told = own.map((job) => `${job.type} ${job.status}`).sort()
      if (told.join() !== 'Config Success,OnPush Success') problems.push(`${ref}: ${told.join() || 'no job'}`)
    }
    if (jobs.length !== 2 * pushed.length) problems.push(`${jobs.length} jobs of ${pushed.length} pushes`)
    const { rows: built } = await sql<Built>`
      select d.id, d.path, d.status, d.has_task, o.path as output,
        (select count(*) from task t where t.kind = 'build' and t.subject = d.id::text and t.outcome = 'succeeded')::int as successes,
        (select count(*) from task t, task done where t.kind = 'build' and done.kind = 'build' and t.subject = d.id::text
          and done.subject = t.subject and done.outcome = 'succeeded' and t.queued_at > done.ended_at)::int as after,
        (select extract(epoch from max(t.ended_at)) from task t
          where t.kind = 'build' and t.subject = d.id::text and t.outcome = 'succeeded')::float8 as done_at,
        (select t.id from task t where t.kind = 'build' and t.subject = d.id::text and t.outcome = 'succeeded' limit 1) as log_id
      from derivation d left join derivation_output o on o.derivation_id = d.id order by d.path`.execute(db)
    const name = (row: Built) => row.path.slice(44)
    for (const row of built) {
      if (row.status !== 'BuildSuccess' || row.has_task) problems.push(`${name(row)} is ${row.status}`)
      if (row.successes !== 1) problems.push(`${name(row)} was built ${row.successes} times`)
      if (row.after > 0) problems.push(`${name(row)} was queued again after it was done`)
      problems.push(...(await auditLog(firn, row)).map((what) => `${name(row)}: ${what}`))
    }
    problems.push(...(await auditStore(built)))
    const wanted = pushed.length * graph.layers * graph.width
    if (built.length !== wanted) problems.push(`${built.length} derivations, not ${wanted}`)
    const open = await db.selectFrom('task').select('id').where('state', '!=', 'ended').execute()
    if (open.length > 0) problems.push(`${open.length} tasks have not ended`)
    const { rows: lost } = await sql<{ n: number }>`select count(*)::int as n from task where outcome = 'lost'`.execute(
      db,
    )
    return { builds: built.length, lostTasks: lost[0]?.n ?? 0, problems }
  } finally {
    await close()
  }
}

type Built = {
  id: number
  path: string
  status: string
  has_task: boolean
  output: string | null
  successes: number
  after: number
  done_at: number | null
  log_id: string | null
}

/** Every line that the builder wrote, once, in order, and the end. */
async function auditLog({ client }: Replicas, { path, log_id: id }: Built): Promise<string[]> {
  if (id === null) return ['no log']
  const wanted = [
    `begin ${nameOf(path)}`,
    ...Array.from({ length: graph.lines }, (_, i) => `line ${i}`),
    `end ${nameOf(path)}`,
  ]
  const log = await until(
    'the log to end',
    async () => {
      const window = await client.firn.logWindow({ id, from: 0, count: 5000 })
      return window.done && window
    },
    15_000,
  ).catch(() => undefined)
  if (log === undefined) return ['its log has no end']
  const said = log.lines.map((line) => line.t).filter((text) => /^(begin|line|end) /.test(text))
  return said.join('\n') === wanted.join('\n') ? [] : [`its log has ${said.length} of ${wanted.length} lines`]
}

const nameOf = (drv: string) => drv.slice(44).replace(/\.drv$/, '')

/** By Nix's own account: every output is there, and was made before its build was reported done. */
async function auditStore(built: Built[]): Promise<string[]> {
  const outputs = built.flatMap((row) => (row.output === null ? [] : [row.output]))
  if (outputs.length === 0) return ['nothing was built']
  const command = ['--extra-experimental-features', 'nix-command', 'path-info', '--json', ...outputs]
  const { stdout } = await run('nix', command, { maxBuffer: 1e8 })
  const infos: { path: string; registrationTime?: number; valid?: boolean }[] = JSON.parse(stdout)
  const times = new Map(infos.map((info) => [info.path, info.registrationTime]))
  return built.flatMap(({ path, output, done_at }) => {
    const madeAt = times.get(output ?? '')
    if (madeAt === undefined) return [`${nameOf(path)} is not in the store`]
    return madeAt > (done_at ?? 0) + 1 ? [`${nameOf(path)} was built again after it was reported done`] : []
  })
}

/** Numbers in [0, 1), the same ones for the same seed (mulberry32). */
function randomFrom(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

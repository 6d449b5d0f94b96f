import { BuildFailure } from '@firn/contract/agent/build-failure'
import type { BuiltOutput, DerivationDetail, DerivationEvent } from '@firn/contract/api/derivation'
import { DrvPath } from '@firn/contract/ids'
import { failureSentence } from '@firn/core/build/failure-sentence'
import { derivationSentence } from '@firn/core/status/derivation-sentence'
import { sql } from 'kysely'
import type { Reads } from '../db/connect.ts'
import { silentMs } from '../dispatch/read-agents.ts'
import { whySubjectsQueued } from '../dispatch/why-queued.ts'
import { type LaterAttempt, laterAttempts } from './later-attempts.ts'
import { storesOf } from './seen.ts'

/**
 * How a build that an evaluation waits for stands: the attempt's id and status (hercules-ci.md 1.13.2–1.13.4), or
 * null when nobody asked for it.
 */
export async function readEvalBuild(db: Reads, accountId: string, path: string): Promise<[string, string] | null> {
  const row = await findDerivation(db, accountId, path)
  if (row === undefined || row.status === 'NotPlanned') return null
  const task = (await tasksOf(db, row.id)).at(-1)
  // The published answer knows no Cancelled; without an end the evaluation would wait for what nobody builds.
  return [task?.id ?? row.account_id, row.status === 'Cancelled' ? 'BuildFailure' : row.status]
}

export function findDerivation(db: Reads, accountId: string, path: string) {
  return db
    .selectFrom('derivation')
    .selectAll()
    .where('account_id', '=', accountId)
    .where('path', '=', path)
    .executeTakeFirst()
}

export type DerivationRow = NonNullable<Awaited<ReturnType<typeof findDerivation>>>

/** Its tasks, the newest last. What an agent gave back before it began is none: the next has waited since that one was queued. */
async function tasksOf(db: Reads, derivationId: number) {
  const rows = await db
    .selectFrom('task')
    .leftJoin('agent_session', 'agent_session.id', 'task.session_id')
    .selectAll('task')
    .select(['agent_session.hostname', silentMs.as('silent_ms')])
    .where('kind', '=', 'build')
    .where('subject', '=', String(derivationId))
    .orderBy('queued_at')
    .orderBy('task.id')
    .execute()
  return withoutDeclined(rows)
}

function withoutDeclined<T extends { outcome: string | null; queued_at: Date }>(tasks: T[]): T[] {
  let since: Date | undefined
  return tasks.flatMap((task) => {
    const queued_at = since ?? task.queued_at
    since = task.outcome === 'declined' ? queued_at : undefined
    return since === undefined ? [{ ...task, queued_at }] : []
  })
}

type TaskOfBuild = Awaited<ReturnType<typeof tasksOf>>[number]

/** The log of the newest build that has begun. */
export async function newestLog(db: Reads, derivationId: number): Promise<string | undefined> {
  return (await tasksOf(db, derivationId)).findLast((task) => task.started_at !== null)?.id
}

/** Whether a log is of a build of the derivation: who may see the one need not see others. */
export async function isLogOf(db: Reads, derivationId: number, logId: string): Promise<boolean> {
  return (await tasksOf(db, derivationId)).some((task) => task.id === logId)
}

/** Everything that the page of a derivation shows. */
export async function readDerivation(
  db: Reads,
  row: DerivationRow,
  { viaJob, mayWrite, lostAfterS }: { viaJob: string | null; mayWrite: boolean; lostAfterS: number },
): Promise<DerivationDetail> {
  const tasks = await tasksOf(db, row.id)
  const outputs = await outputsOf(db, row.id)
  const inputs = await inputsOf(db, row.id)
  const usedBy = await usesOf(db, row.id)
  const last = tasks.at(-1)
  const failure = row.status === 'BuildFailure' ? failureOf(last) : null
  const waitsFor = inputs.filter((input) => input.status === 'Waiting' || input.status === 'Building')
  return {
    derivationPath: DrvPath.parse(row.path),
    status: row.status,
    viaJob,
    viaProject: null,
    platform: row.platform,
    requiredSystemFeatures: row.required_features,
    inputDerivations: inputs,
    outputs: outputs.map(({ name, path, hash, size }) => ({ name, path, hash, size })),
    usedInProjects: [...new Set(usedBy.map((use) => use.project_id))],
    events: eventsOf(row, tasks, { outputs: built(outputs), later: await laterAttempts(db, row.id) }),
    mayRestart: mayWrite && ['BuildFailure', 'DependencyFailure', 'Cancelled'].includes(row.status),
    mayCancel: mayWrite && (row.status === 'Waiting' || row.status === 'Building'),
    because: derivationSentence({
      status: row.status,
      technicalError: row.technical_error,
      failure,
      agent: last?.hostname ?? null,
      cancelled: last?.outcome === 'cancelled' ? last.detail : null,
      waitsFor: waitsFor.map((input) => input.derivationPath),
      failedInputs: row.status === 'DependencyFailure' ? await failedBelow(db, row.id) : [],
      seenIn: row.status === 'NotPlanned' || isUnbuiltSuccess(row, tasks) ? await storesOf(db, row.id) : [],
      lastTry: last?.state === 'queued' ? lastTryOf(last, tasks.at(-2)) : null,
      queued: last?.state === 'queued' ? await whyQueued(db, row) : null,
      isGiven: last?.state === 'assigned',
      silence: last?.silent_ms == null ? null : { forMs: last.silent_ms, lostAfterMs: lostAfterS * 1000 },
      below: waitsFor.length > 0 && row.status === 'Waiting' && !row.has_task ? await unplacedBelow(db, row) : null,
    }),
    failure,
    logId: tasks.findLast((task) => task.started_at !== null)?.id ?? null,
    usedBy: usedBy.map(({ project_id: _, ...use }) => use),
  }
}

/** What a waiting derivation needs and has no agent yet: down along one path, to what is queued. */
async function unplacedBelow(db: Reads, row: DerivationRow) {
  const { rows } = await sql<{ id: number; path: string }>`
    with recursive below as (
      select ${row.id}::bigint as id, '' as path, false as has_task
      union all
      select next.* from below cross join lateral (
        select u.id, u.path, u.has_task from derivation_input i join derivation u on u.id = i.input_id
        where i.derivation_id = below.id and u.status = 'Waiting' order by u.has_task desc, u.id limit 1
      ) next where not below.has_task
    ) select id, path from below where has_task`.execute(db)
  const [found] = rows
  const queued = found && (await whyQueued(db, { ...row, id: found.id }))
  return found && queued ? { path: found.path, queued } : null
}

async function whyQueued(db: Reads, { account_id: accountId, id }: { account_id: string; id: number }) {
  const subject = String(id)
  return (await whySubjectsQueued(db, { accountId, kind: 'build', subjects: [subject] })).get(subject) ?? null
}

function failureOf(task: TaskOfBuild | undefined): BuildFailure | null {
  return task === undefined || task.failure === null ? null : BuildFailure.parse(task.failure)
}

function lastTryOf(task: TaskOfBuild, before: TaskOfBuild | undefined) {
  if (before?.detail == null || before.attempt !== task.attempt) return null
  return { because: before.detail, tries: task.tries }
}

/** The derivations below one that failed themselves, for which it is blocked; the first ten. */
async function failedBelow(db: Reads, id: number): Promise<string[]> {
  const { rows } = await sql<{ path: string }>`
    with recursive below as (
      select input_id as id from derivation_input where derivation_id = ${id}
      union
      select i.input_id from below join derivation d on d.id = below.id and d.status = 'DependencyFailure'
        join derivation_input i on i.derivation_id = d.id
    )
    select path from derivation where id in (select id from below) and status in ('BuildFailure', 'Cancelled')
    order by status, ended_at, id limit 10`.execute(db)
  return rows.map((row) => row.path)
}

type Told = { outputs: BuiltOutput[]; later: Map<number, LaterAttempt> }

/** The events of each attempt, from what is known of its tasks (hercules-ci.md 2.3.2–2.3.3). */
function eventsOf(row: DerivationRow, tasks: TaskOfBuild[], told: Told): DerivationEvent[][] {
  const attempts = [...Map.groupBy(tasks, (task) => task.attempt).values()]
  const lists = attempts.map((own, place) => [
    ...own.flatMap((task, i) => taskEvents(task, own[i - 1], told)),
    ...resetOf(told.later.get(attempts[place + 1]?.[0]?.attempt ?? 0)),
  ])
  const time = (row.ended_at ?? new Date()).toISOString()
  if (row.status === 'DependencyFailure') return [...lists, [{ DependencyFailed: { time } }]]
  return isUnbuiltSuccess(row, tasks) ? [...lists, [{ Succeeded: { time } }]] : lists
}

/** What the next attempt did to the one before it. */
function resetOf(next: LaterAttempt | undefined): DerivationEvent[] {
  return next?.isReset ? [{ Reset: { time: next.at.toISOString() } }] : []
}

/** It succeeded because its outputs were there. */
function isUnbuiltSuccess({ status }: DerivationRow, tasks: TaskOfBuild[]): boolean {
  return status === 'BuildSuccess' && tasks.at(-1)?.outcome !== 'succeeded'
}

function taskEvents(task: TaskOfBuild, before: TaskOfBuild | undefined, { outputs, later }: Told): DerivationEvent[] {
  const requeuedForAgent = before?.outcome === 'lost' ? before.hostname : null
  const requeuedForEvalOfJob = before === undefined ? (later.get(task.attempt)?.evalOfJob ?? null) : null
  const events: DerivationEvent[] = [
    { Queued: { time: task.queued_at.toISOString(), requeuedForEvalOfJob, requeuedForAgent } },
  ]
  if (task.started_at !== null)
    events.push({
      Started: { time: task.started_at.toISOString(), logId: task.id, agentHostname: task.hostname, streamable: true },
    })
  if (task.ended_at === null) return events
  const time = task.ended_at.toISOString()
  if (task.outcome === 'succeeded') events.push({ Built: { time, outputs } }, { Succeeded: { time } })
  else if (task.outcome === 'cancelled') events.push({ Cancelled: { time } })
  else events.push({ Failed: { time, technicalError: task.detail, because: whyFailed(task) } })
  return events
}

const whyFailed = (task: TaskOfBuild) => task.detail ?? failureSentence(failureOf(task), task.hostname)

async function outputsOf(db: Reads, id: number) {
  return db
    .selectFrom('derivation_output')
    .select(['name', 'path', 'hash', 'size', 'refs'])
    .where('derivation_id', '=', id)
    .orderBy('name')
    .execute()
}

function built(outputs: Awaited<ReturnType<typeof outputsOf>>): BuiltOutput[] {
  return outputs.flatMap(({ name, path, hash, size, refs }) =>
    path === null || hash === null || size === null
      ? []
      : [{ outputName: name, outputPath: path, hash, size, references: refs }],
  )
}

/** Direct inputs, those that need attention first. */
async function inputsOf(db: Reads, id: number) {
  const { rows } = await sql<{ path: string; outputs: string[]; status: DerivationRow['status'] }>`
    select u.path, i.outputs, u.status from derivation_input i join derivation u on u.id = i.input_id
    where i.derivation_id = ${id}
    order by array_position(array['BuildFailure', 'DependencyFailure', 'Building', 'Waiting', 'Cancelled', 'NotPlanned',
      'BuildSuccess'], u.status), substr(u.path, 45) limit 1000`.execute(db)
  return rows.map(({ path, outputs, status }) => ({ derivationPath: DrvPath.parse(path), outputs, status }))
}

async function usesOf(db: Reads, id: number) {
  const { rows } = await sql<{
    jobId: string
    jobIndex: number
    project_id: string
    projectName: string
    site: string
    account: string
    ref: string
    attributes: string[][]
  }>`
    select j.id as "jobId", j.index as "jobIndex", j.project_id, p.slug as "projectName", f.slug as site,
      a.slug as account, j.ref, coalesce((
        select json_agg(path order by sort_key) from
          (select path, sort_key from attribute where job_id = j.id and derivation_id = ${id} order by sort_key limit 20) x
      ), '[]') as attributes
    from job_derivation jd join job j on j.id = jd.job_id join project p on p.id = j.project_id
      join account a on a.id = p.account_id join forge f on f.id = a.forge_id
    where jd.derivation_id = ${id} order by j.created_at desc limit 50`.execute(db)
  return rows
}

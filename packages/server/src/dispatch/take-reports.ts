/**
 * What agents say of their tasks, taken together: of all agents that speak to this replica in the same moment, in one
 * transaction of few statements. Each is taken as if it had come alone, in the order in which it came.
 */
import { inBatches } from '@firn/base/in-batches'
import type { BuildEvent } from '@firn/contract/agent/build-event'
import type { TaskStatus } from '@firn/contract/agent/task'
import { sql } from 'kysely'
import type { Db, Tx } from '../db/connect.ts'
import type { Nudges } from '../db/nudges.ts'
import { transact } from '../db/transact.ts'
import { unread } from '../db/unread.ts'
import type { LogWriter } from '../logs/append.ts'
import type { Line, PhaseStart } from '../logs/lines.ts'
import { outboxTopic } from '../outbox/relay.ts'
import { endingOf } from './end-task.ts'
import { dispatchTopic } from './enqueue.ts'
import { takeNumbers } from './take-numbers.ts'
import type { EndedTask, ReportedTask, StartedTask, TaskKind, TaskRow, TaskSteps } from './task.ts'

export type TaskReport = { taskId: string } /** its whole log, said by who has its token */ & (
  | { is: 'logged'; lines: Line[]; phases: PhaseStart[] }
  | { is: 'started'; agoMs: number }
  | { is: 'built'; events: BuildEvent[] }
  | { is: 'ended'; status: TaskStatus }
)

/** What an agent says in one message of its conversation, or in one request, which has no number. */
export type Said = {
  sessionId: string
  message: { startId: string; n: number } | null
  reports: TaskReport[]
}

/** Resolves when what was said is durable, or has been before. False: messages before it are missing. */
export type TakeReports = (said: Said) => Promise<boolean>

/** Reports in one transaction. */
const atOnce = 1500

type Needs = { db: Db; nudges: Nudges; steps: TaskSteps; logWriter: Pick<LogWriter, 'keepWhole'> }

export function openReports(needs: Needs): TakeReports {
  const weigh = ({ reports }: Said) => Math.max(1, reports.length)
  return inBatches({ max: atOnce, weigh, work: (batch) => takeTogether(needs, batch) })
}

async function takeTogether({ db, nudges, steps, logWriter }: Needs, batch: Said[]): Promise<boolean[]> {
  const { answers, changed } = await transact(db, async (tx) => {
    const numbers = await takeNumbers(
      tx,
      batch.map(({ message }) => message),
    )
    const fresh = batch.filter((_, place) => numbers[place] === 'next')
    const changed = await takeFresh({ tx, steps }, fresh)
    await logWriter.keepWhole(
      tx,
      fresh.flatMap(({ reports }) => reports.flatMap(logOf)),
    )
    return { answers: numbers.map((number) => number !== 'gap'), changed }
  })
  if (changed) {
    nudges.send(outboxTopic)
    nudges.send(dispatchTopic)
  }
  return answers
}

function logOf(report: TaskReport) {
  return report.is === 'logged' ? [{ logId: report.taskId, lines: report.lines, phases: report.phases }] : []
}

type LockedTask = TaskRow & { hostname: string }

/** @returns whether anything came of it */
async function takeFresh({ tx, steps }: { tx: Tx; steps: TaskSteps }, batch: Said[]): Promise<boolean> {
  const ids = batch.flatMap(({ reports }) => reports.map((report) => report.taskId))
  if (ids.length === 0) return false
  const tasks = await lockTasks(tx, ids)
  const news = understand(batch, tasks)
  const over = beganAndEnded(news)
  await saveStates(tx, news, over)
  for (const [kind, own] of byKind(news.started)) {
    const step = steps[kind]
    const alone = step.takesBeginsWithEnds ? own.filter(({ task }) => !over.has(task.id)) : own
    if (alone.length > 0) await step.started(tx, alone)
  }
  for (const [kind, own] of byKind(news.reported)) await steps[kind].reported?.(tx, own)
  for (const [kind, own] of byKind(news.ended)) {
    const began = steps[kind].takesBeginsWithEnds ? over : new Map<string, StartedTask>()
    await steps[kind].ended(
      tx,
      own.map((one) => ({ ...one, ...beganOf(began.get(one.task.id)) })),
    )
  }
  return news.started.length + news.reported.length + news.ended.length > 0
}

function byKind<T extends { task: TaskRow }>(items: T[]): Map<TaskKind, T[]> {
  return Map.groupBy(items, ({ task }) => task.kind)
}

async function lockTasks(tx: Tx, ids: string[]): Promise<Map<string, LockedTask>> {
  const { rows } = await sql<LockedTask>`
    select t.*, s.hostname from task t join agent_session s on s.id = t.session_id
    where t.id = any(${[...new Set(ids)]}::uuid[]) order by t.id for update of t`.execute(tx)
  return new Map(rows.map((row) => [row.id, row]))
}

type News = { started: StartedTask[]; reported: ReportedTask[]; ended: EndedTask[] }

/**
 * What of it is news: only of tasks that were given to the session that speaks, and only once. Said of a task that has ended
 * otherwise meanwhile (lost, cancelled: hercules-ci.md 4.4.10), it changes nothing.
 */
function understand(batch: Said[], tasks: Map<string, LockedTask>): News {
  const news: News = { started: [], reported: [], ended: [] }
  const states = new Map([...tasks].map(([id, { state }]) => [id, state]))
  for (const { sessionId, reports } of batch)
    for (const report of reports) {
      const task = tasks.get(report.taskId)
      const state = states.get(report.taskId)
      if (task === undefined || task.session_id !== sessionId || state === 'ended') continue
      if (report.is === 'logged') continue
      if (report.is === 'built') news.reported.push({ task, events: report.events })
      else if (report.is === 'ended') {
        states.set(task.id, 'ended')
        news.ended.push({ task, ending: endingOf(report.status) })
      } else if (state === 'assigned') {
        states.set(task.id, 'started')
        task.started_at = new Date(Date.now() - report.agoMs)
        news.started.push({ task, hostname: task.hostname, agoMs: report.agoMs })
      }
    }
  return news
}

/** By task, the begins of those that have ended as well. */
function beganAndEnded({ started, ended }: News): Map<string, StartedTask> {
  const over = new Set(ended.map(({ task }) => task.id))
  return new Map(started.filter(({ task }) => over.has(task.id)).map((one) => [one.task.id, one]))
}

function beganOf(started: StartedTask | undefined): Pick<EndedTask, 'began'> {
  return started === undefined ? {} : { began: { hostname: started.hostname, agoMs: started.agoMs } }
}

async function saveStates(tx: Tx, news: News, over: ReadonlyMap<string, StartedTask>): Promise<void> {
  const { ended } = news
  const started = news.started.filter(({ task }) => !over.has(task.id))
  if (started.length > 0)
    await unread(
      tx,
      sql`
      update task set state = 'started', started_at = now() - make_interval(secs => x.ago / 1000)
      from unnest(${started.map(({ task }) => task.id)}::uuid[], ${started.map(({ agoMs }) => agoMs)}::float8[]) as x (id, ago)
      where task.id = x.id`,
    )
  if (ended.length === 0) return
  const rows = ended.map(({ task, ending }) => ({
    id: task.id,
    outcome: ending.how,
    ago: over.get(task.id)?.agoMs ?? null,
    detail: 'detail' in ending ? ending.detail : null,
    failure: ending.how === 'failed' ? ending.failure : null,
  }))
  await unread(
    tx,
    sql`
    update task set state = 'ended', outcome = x.outcome, detail = x.detail,
      failure = nullif(x.failure, 'null'), ended_at = now(),
      started_at = coalesce(now() - make_interval(secs => x.ago / 1000), started_at)
    from jsonb_to_recordset(${JSON.stringify(rows)}::jsonb)
      as x (id uuid, outcome text, detail text, failure jsonb, ago float8)
    where task.id = x.id`,
  )
}

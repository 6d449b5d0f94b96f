import type { Log } from '@firn/base/log'
import { afterCommit } from '../db/transact.ts'
import type { TaskEnding, TaskKind, TaskRow, TaskStep, TaskSteps } from '../dispatch/task.ts'
import type { Metrics } from './metrics.ts'

type Needs = { log: Log; metrics: Metrics }

/** The same steps, each counted and logged once its change is committed. */
export function observeTasks(steps: TaskSteps, needs: Needs): TaskSteps {
  return {
    evaluate: observe('evaluate', steps.evaluate, needs),
    build: observe('build', steps.build, needs),
    effect: observe('effect', steps.effect, needs),
  }
}

function observe(kind: TaskKind, step: TaskStep, needs: Needs): TaskStep {
  return {
    ...step,
    async started(tx, tasks) {
      await step.started(tx, tasks)
      afterCommit(tx, () => {
        for (const { task, hostname } of tasks) tellStarted(needs, task, hostname)
      })
    },
    async cancelled(tx, tasks) {
      await step.cancelled?.(tx, tasks)
      afterCommit(tx, () => {
        for (const { started_at } of tasks) needs.metrics.taskEnded(kind, 'cancelled', sinceMs(started_at))
      })
    },
    async ended(tx, tasks) {
      await step.ended(tx, tasks)
      afterCommit(tx, () => {
        for (const { task, ending, began } of tasks) {
          if (began) tellStarted(needs, task, began.hostname)
          tellEnded(needs, task, ending)
        }
      })
    },
  }
}

function tellStarted({ log, metrics }: Needs, task: TaskRow, host: string): void {
  const assignedAt = task.assigned_at ?? new Date()
  const waitedMs = waitOf(task, assignedAt)
  metrics.taskGiven(task.kind, waitedMs)
  metrics.taskBegun(task.kind, Date.now() - assignedAt.getTime())
  log.debug({ ...idsOf(task), host, waitedMs }, `${nouns[task.kind]} began`)
}

/** How long it could have been given to an agent before it was. */
function waitOf({ queued_at, not_before }: TaskRow, assignedAt: Date): number {
  return assignedAt.getTime() - Math.max(queued_at.getTime(), not_before.getTime())
}

/**
 * A job of a hundred thousand builds is no hundred thousand lines: what went well is told to those who debug, and counted
 * in the line of its job.
 */
function tellEnded({ log, metrics }: Needs, task: TaskRow, ending: TaskEnding): void {
  const ranMs = sinceMs(task.started_at)
  // The end of a short one may come before the news of its begin, which then is none.
  if (task.started_at === null && task.assigned_at !== null && ending.how !== 'declined')
    metrics.taskGiven(task.kind, waitOf(task, task.assigned_at))
  metrics.taskEnded(task.kind, ending.how, ranMs)
  const fields = { ...idsOf(task), ranMs, ...('detail' in ending ? { detail: ending.detail } : {}) }
  log[levelOf(task, ending)](fields, `${nouns[task.kind]} ${endings[ending.how]}`)
}

const sinceMs = (begin: Date | null) => (begin === null ? null : Date.now() - begin.getTime())

function levelOf(task: TaskRow, ending: TaskEnding): 'debug' | 'info' | 'warn' {
  if (ending.how === 'broken' || (ending.how === 'lost' && !ending.clean)) return 'warn'
  if (ending.how === 'declined') return 'debug'
  return ending.how === 'succeeded' && task.kind === 'build' ? 'debug' : 'info'
}

const nouns = { evaluate: 'evaluation', build: 'build', effect: 'effect' } as const
const endings = {
  succeeded: 'succeeded',
  failed: 'failed',
  broken: 'broke for a reason that is not its own',
  lost: 'was lost: its agent is gone',
  declined: 'was given back before it began',
} as const

/** Of a build, the subject is a derivation; of the others, a job. */
function idsOf(task: TaskRow) {
  const of = task.kind === 'build' ? { derivation: task.subject } : { job: task.subject }
  return { task: task.id, ...of, agent: task.session_id }
}

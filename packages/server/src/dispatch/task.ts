import type { BuildEvent } from '@firn/contract/agent/build-event'
import type { BuildFailure } from '@firn/contract/agent/build-failure'
import type { ServerPayload } from '@firn/contract/agent/socket'
import type { Selectable } from 'kysely'
import type { Reads, Tx } from '../db/connect.ts'
import type { Task } from '../db/generated/tables.ts'

export type TaskRow = Selectable<Task>
export type TaskKind = TaskRow['kind']

/**
 * How a task ended. `lost`: its agent is gone; `clean` where the agent said goodbye, so that nothing is held against the task.
 * `declined`: it comes back from an agent that had not begun it, and is as if never given to it: nobody is told of it.
 */
export type TaskEnding =
  | { how: 'succeeded' }
  | { how: 'failed'; failure: BuildFailure | null }
  | { how: 'broken'; detail: string }
  | { how: 'lost'; detail: string; clean: boolean }
  | { how: 'declined'; detail: string }

/** `agoMs`: how long ago it began. */
export type StartedTask = { task: TaskRow; hostname: string; agoMs: number }
export type ReportedTask = { task: TaskRow; events: BuildEvent[] }
/** `began`: where that was told in the same moment, to a step that takes it so. */
export type EndedTask = { task: TaskRow; ending: TaskEnding; began?: Pick<StartedTask, 'hostname' | 'agoMs'> }

/**
 * What the step that a task belongs to does for it. Dispatch knows tasks and not what they mean; `app.ts` gives it one of
 * these for each kind. All but `render` run in the transaction of the change, and see to many tasks at once.
 */
export type TaskStep = {
  /** By task, the messages that start them; none where the subject no longer wants it. */
  render(db: Reads, tasks: TaskRow[]): Promise<Map<string, ServerPayload>>
  /** By task, the sessions whose agents have inputs of it, with how many bytes of them. */
  inputsAt?(db: Reads, tasks: TaskRow[]): Promise<Map<string, Map<string, number>>>
  started(tx: Tx, tasks: StartedTask[]): Promise<void>
  /** Of a task that began and ended in the same moment `ended` is told alone, with its begin. */
  readonly takesBeginsWithEnds?: true
  /** What agents say of tasks that are under way. */
  reported?(tx: Tx, tasks: ReportedTask[]): Promise<void>
  /**
   * An agent that was thought lost still works on it. False: its work is of no use any more. A step without it begins anew
   * whatever its agent had done.
   */
  resumed?(tx: Tx, task: TaskRow): Promise<boolean>
  /** Nobody wants them any more. Whoever says so has seen to their subjects. */
  cancelled?(tx: Tx, tasks: Pick<TaskRow, 'started_at'>[]): Promise<void>
  /** Whatever else becomes of it; again only after `resumed`. */
  ended(tx: Tx, tasks: EndedTask[]): Promise<void>
}

export type TaskSteps = { [Kind in TaskKind]: TaskStep }

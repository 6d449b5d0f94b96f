import { sql } from 'kysely'
import type { Tx } from '../db/connect.ts'
import { addMessage } from './store.ts'
import type { TaskKind, TaskRow, TaskSteps } from './task.ts'

/** Nudged when agents are to be told that something is not wanted any more. */
export const cancelTopic = 'cancel'

/**
 * Ends the tasks of these subjects because nobody wants them any more, and tells the agents that have them
 * (hercules-ci.md 2.5.9). The caller has seen to their subjects. What the agents still say of them changes nothing (4.4.10).
 * Nudge `cancelTopic` after the commit.
 */
export async function cancelTasks(
  { tx, steps }: { tx: Tx; steps: TaskSteps },
  { kind, subjects, because }: { kind: TaskKind; subjects: string[]; because: string },
): Promise<void> {
  if (subjects.length === 0) return
  const { rows: open } = await sql<Pick<TaskRow, 'id' | 'start_id' | 'started_at'>>`
    with open as (
      select id from task
      where kind = ${kind} and state <> 'ended' and subject = any(${subjects}::text[]) order by id for update
    )
    update task set state = 'ended', outcome = 'cancelled', detail = ${because}, ended_at = now()
    from open where task.id = open.id returning task.id, task.start_id, task.started_at`.execute(tx)
  for (const { id, start_id } of open) if (start_id !== null) await addMessage(tx, start_id, 'cancel', id)
  await steps[kind].cancelled?.(tx, open)
}

import type { Tx } from '../db/connect.ts'
import { addMessage, openStates } from './store.ts'
import type { TaskKind } from './task.ts'

/** Nudged when agents are to be told that something is not wanted any more. */
export const cancelTopic = 'cancel'

/**
 * Ends the tasks of these subjects because nobody wants them any more, and tells the agents that have them
 * (hercules-ci.md 2.5.9). Their steps are not told: the caller has seen to their subjects. What the agents still
 * say of them changes nothing (4.4.10). Nudge `cancelTopic` after the commit.
 */
export async function cancelTasks(
  tx: Tx,
  { kind, subjects, because }: { kind: TaskKind; subjects: string[]; because: string },
): Promise<void> {
  if (subjects.length === 0) return
  const open = await tx
    .selectFrom('task')
    .select(['id', 'start_id'])
    .where('kind', '=', kind)
    .where('subject', 'in', subjects)
    .where('state', 'in', ['queued', ...openStates])
    .orderBy('id')
    .forUpdate()
    .execute()
  if (open.length === 0) return
  await tx
    .updateTable('task')
    .set({ state: 'ended', outcome: 'cancelled', detail: because, ended_at: new Date() })
    .where(
      'id',
      'in',
      open.map((task) => task.id),
    )
    .execute()
  for (const { id, start_id } of open) if (start_id !== null) await addMessage(tx, start_id, 'cancel', id)
}

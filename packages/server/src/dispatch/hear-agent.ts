import type { AgentPayload } from '@firn/contract/agent/socket'
import type { Tx } from '../db/connect.ts'
import { transact } from '../db/transact.ts'
import { outboxTopic } from '../outbox/relay.ts'
import type { EndNeeds } from './end-task.ts'
import { lockTask } from './store.ts'

/**
 * Takes message `n` of a conversation, once: what was taken before (the agent heard no Ack and says it again) changes
 * nothing. A gap in the numbers is refused.
 * @returns whether the number was the next one or an old one
 */
export async function hearAgent(
  { db, nudges, steps }: EndNeeds,
  at: { sessionId: string; startId: string; n: number },
  payload: AgentPayload,
): Promise<boolean> {
  const heard = await transact(db, async (tx) => {
    const conversation = await tx
      .selectFrom('agent_conversation')
      .select('received_n')
      .where('start_id', '=', at.startId)
      .forUpdate()
      .executeTakeFirstOrThrow()
    if (at.n <= conversation.received_n) return true
    if (at.n !== conversation.received_n + 1) return false
    await tx.updateTable('agent_conversation').set({ received_n: at.n }).where('start_id', '=', at.startId).execute()
    if (payload.tag === 'Started') await markStarted({ tx, steps }, at.sessionId, payload.contents.taskId)
    return true
  })
  if (payload.tag === 'Started') nudges.send(outboxTopic)
  return heard
}

/** Only of a task that the session was given, and that has not begun before. */
async function markStarted({ tx, steps }: { tx: Tx; steps: EndNeeds['steps'] }, sessionId: string, taskId: string) {
  const task = await lockTask(tx, taskId)
  if (task === undefined || task.session_id !== sessionId || task.state !== 'assigned') return
  const session = await tx
    .selectFrom('agent_session')
    .select('hostname')
    .where('id', '=', sessionId)
    .executeTakeFirstOrThrow()
  await tx.updateTable('task').set({ state: 'started', started_at: new Date() }).where('id', '=', taskId).execute()
  await steps[task.kind].started(tx, task, session)
}

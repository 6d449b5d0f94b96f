import type { AgentLoad } from '@firn/contract/agent/load'
import type { AgentPayload } from '@firn/contract/agent/socket'
import { whyNoWork } from '@firn/core/agent/takes-work'
import type { Tx } from '../db/connect.ts'
import { now } from '../db/now.ts'
import { transact } from '../db/transact.ts'
import { announce } from '../outbox/announce.ts'
import { outboxTopic } from '../outbox/relay.ts'
import type { EndNeeds } from './end-task.ts'
import { dispatchTopic } from './enqueue.ts'
import { readLoad } from './load.ts'
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
    const load = payload.tag === 'Ping' ? payload.firn?.load : undefined
    if (load !== undefined) await rememberLoad(tx, at.sessionId, load)
    return true
  })
  if (payload.tag === 'Started' || payload.tag === 'Ping') nudges.send(outboxTopic)
  if (payload.tag === 'Ping' && payload.firn !== undefined) nudges.send(dispatchTopic)
  return heard
}

/** What an agent says of its machine; announced when it makes up its mind about work, not for each figure. */
async function rememberLoad(tx: Tx, sessionId: string, load: AgentLoad): Promise<void> {
  const before = await tx
    .selectFrom('agent_session')
    .select(['load', 'account_id'])
    .where('id', '=', sessionId)
    .forUpdate()
    .executeTakeFirstOrThrow()
  await tx
    .updateTable('agent_session')
    .set({ load: JSON.stringify(load) })
    .where('id', '=', sessionId)
    .execute()
  if (whyNoWork(readLoad(before.load)) !== whyNoWork(load))
    await announce(tx, { kind: 'agents.changed', accountId: before.account_id })
}

/** Only of a task that the session was given, and that has not begun before. */
export async function markStarted(
  { tx, steps }: { tx: Tx; steps: EndNeeds['steps'] },
  sessionId: string,
  taskId: string,
) {
  const task = await lockTask(tx, taskId)
  if (task === undefined || task.session_id !== sessionId || task.state !== 'assigned') return
  const session = await tx
    .selectFrom('agent_session')
    .select('hostname')
    .where('id', '=', sessionId)
    .executeTakeFirstOrThrow()
  await tx.updateTable('task').set({ state: 'started', started_at: now }).where('id', '=', taskId).execute()
  await steps[task.kind].started(tx, task, session)
}

import type { Hello } from '@firn/contract/agent/session'
import { newId } from '../catalog/ids.ts'
import type { Tx } from '../db/connect.ts'
import { now } from '../db/now.ts'
import { transact } from '../db/transact.ts'
import { announce } from '../outbox/announce.ts'
import { outboxTopic } from '../outbox/relay.ts'
import { cancelTopic } from './cancel-tasks.ts'
import type { EndNeeds } from './end-task.ts'
import { dispatchTopic } from './enqueue.ts'
import { giveBack } from './give-back.ts'
import { takeTasks } from './lose-sessions.ts'
import { addMessage, openStates } from './store.ts'
import type { TaskRow } from './task.ts'

export type Greeted = { connectionId: string; received: number }

/**
 * An agent's Hello on a new connection (hercules-ci.md 4.4.3): opens or continues the conversation of this run of it, and brings its
 * tasks and ours together (4.4.11): what we think it does and it does not list is done again by somebody; what it
 * does and we have taken from it is its own again if nobody else has begun it, else cancelled.
 * @returns undefined when the run belongs to another session
 */
export async function greetAgent(
  { db, nudges, steps }: EndNeeds,
  sessionId: string,
  hello: Hello,
): Promise<Greeted | undefined> {
  const connectionId = newId()
  const greeted = await transact(db, async (tx) => {
    const conversation = await openConversation(tx, sessionId, hello.startInfo.id)
    if (conversation.session_id !== sessionId) return undefined
    const session = await rememberAgent(tx, { sessionId, connectionId, hello })
    const open = await openTasks(tx, sessionId)
    const gone = open.filter((task) => !stillHas(task, hello))
    const detail = `Agent ${session.hostname} came back without it.`
    await takeTasks({ tx, steps }, gone, (task) =>
      task.state === 'assigned' ? { how: 'declined', detail } : { how: 'lost', detail, clean: false },
    )
    const ours = new Set(open.map((task) => task.id))
    const foreign = hello.tasksInProgress.filter((id) => !ours.has(id))
    for (const taskId of foreign)
      if (!(await giveBack({ tx, steps }, { sessionId, startId: hello.startInfo.id, taskId })))
        await cancelForeign(tx, hello.startInfo.id, taskId)
    await announce(tx, { kind: 'agents.changed', accountId: session.account_id })
    return { connectionId, received: conversation.received_n, cancels: foreign.length > 0 }
  })
  if (greeted?.cancels) nudges.send(cancelTopic)
  nudges.send(outboxTopic)
  nudges.send(dispatchTopic)
  return greeted
}

async function openConversation(tx: Tx, sessionId: string, startId: string) {
  await tx
    .insertInto('agent_conversation')
    .values({ start_id: startId, session_id: sessionId })
    .onConflict((conflict) => conflict.doNothing())
    .execute()
  return tx
    .selectFrom('agent_conversation')
    .select(['session_id', 'received_n'])
    .where('start_id', '=', startId)
    .forUpdate()
    .executeTakeFirstOrThrow()
}

function rememberAgent(
  tx: Tx,
  { sessionId, connectionId, hello }: { sessionId: string; connectionId: string; hello: Hello },
) {
  const { agentInfo, startInfo } = hello
  return tx
    .updateTable('agent_session')
    .set({
      hostname: agentInfo.hostname,
      info: JSON.stringify(agentInfo),
      platforms: agentInfo.platforms,
      system_features: agentInfo.systemFeatures,
      concurrent_tasks: agentInfo.concurrentTasks,
      start_id: startInfo.id,
      connection_id: connectionId,
      last_seen: now,
      gone_at: null,
      // Of this run nothing has been said yet.
      load: null,
    })
    .where('id', '=', sessionId)
    .returning(['hostname', 'account_id'])
    .executeTakeFirstOrThrow()
}

/** The session's tasks that have not ended, locked, each with whether its start is still to be said. */
function openTasks(tx: Tx, sessionId: string): Promise<(TaskRow & { unsaid: boolean })[]> {
  return tx
    .selectFrom('task')
    .selectAll()
    .select((eb) =>
      eb
        .exists(
          eb
            .selectFrom('agent_message')
            .select('n')
            .whereRef('agent_message.task_id', '=', 'task.id')
            .whereRef('agent_message.start_id', '=', 'task.start_id')
            .where('agent_message.kind', '=', 'start'),
        )
        .$castTo<boolean>()
        .as('unsaid'),
    )
    .where('session_id', '=', sessionId)
    .where('state', 'in', [...openStates])
    .orderBy('id')
    .forUpdate()
    .execute()
}

/** The agent works on it, or will once it is told again. */
function stillHas(task: TaskRow & { unsaid: boolean }, hello: Hello): boolean {
  return task.start_id === hello.startInfo.id && (task.unsaid || hello.tasksInProgress.includes(task.id))
}

async function cancelForeign(tx: Tx, startId: string, taskId: string): Promise<void> {
  const known = await tx.selectFrom('task').select('id').where('id', '=', taskId).executeTakeFirst()
  if (known !== undefined) await addMessage(tx, startId, 'cancel', taskId)
}

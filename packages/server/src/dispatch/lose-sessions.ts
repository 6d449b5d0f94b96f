import { sql } from 'kysely'
import type { Tx } from '../db/connect.ts'
import { now } from '../db/now.ts'
import { transact } from '../db/transact.ts'
import { announce } from '../outbox/announce.ts'
import { outboxTopic } from '../outbox/relay.ts'
import { type EndNeeds, endTask, takenBack } from './end-task.ts'
import { dispatchTopic } from './enqueue.ts'
import type { TaskEnding, TaskRow, TaskSteps } from './task.ts'

/** Takes their tasks from agents that have not been heard of for `afterS` seconds, so that others do them. */
export async function loseSilentSessions({ db, nudges, steps }: EndNeeds, afterS: number): Promise<void> {
  const lost = await transact(db, async (tx) => {
    const { rows } = await sql<TaskRow & { hostname: string; connected: boolean }>`
      select t.*, s.hostname, s.connection_id is not null as connected
      from task t join agent_session s on s.id = t.session_id
      where t.state in ('assigned', 'started') and s.last_seen < now() - make_interval(secs => ${afterS})
      order by t.id limit 500 for update of t skip locked`.execute(tx)
    const because = (host: string) => `Agent ${host} has not been heard of for ${afterS} s.`
    await takeTasks({ tx, steps }, rows, (task) => ({ how: 'lost', detail: because(task.hostname), clean: false }))
    return rows.length
  })
  if (lost === 0) return
  nudges.send(outboxTopic)
  nudges.send(dispatchTopic)
}

/** Takes locked tasks from agents that do not do them any more; their steps queue them again. */
export async function takeTasks<T extends TaskRow>(
  { tx, steps }: { tx: Tx; steps: TaskSteps },
  tasks: T[],
  endingOf: (task: T) => TaskEnding,
): Promise<void> {
  for (const task of tasks) await endTask({ tx, steps }, task, endingOf(task))
}

/** An agent says goodbye: what it had is taken from it at once, and nothing is held against the work. */
export async function sayGoodbye({ db, nudges, steps }: EndNeeds, sessionId: string, startId: string): Promise<void> {
  await transact(db, async (tx) => {
    const session = await tx
      .updateTable('agent_session')
      .set({ connection_id: null, gone_at: now })
      .where('id', '=', sessionId)
      .where((eb) => eb.or([eb('start_id', '=', startId), eb('start_id', 'is', null)]))
      .returning(['account_id', 'hostname'])
      .executeTakeFirst()
    if (session === undefined) return
    const tasks = await tx
      .selectFrom('task')
      .selectAll()
      .where('session_id', '=', sessionId)
      .where('start_id', '=', startId)
      .where('state', 'in', ['assigned', 'started'])
      .orderBy('id')
      .forUpdate()
      .execute()
    await takeTasks({ tx, steps }, tasks, (task) => takenBack(task, `Agent ${session.hostname} was stopped.`))
    await announce(tx, { kind: 'agents.changed', accountId: session.account_id })
  })
  nudges.send(outboxTopic)
  nudges.send(dispatchTopic)
}

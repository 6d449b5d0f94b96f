import { sql } from 'kysely'
import type { Reads, Tx } from '../db/connect.ts'
import type { TaskRow } from './task.ts'

export const openStates = ['assigned', 'started'] as const

/** The sessions that an agent speaks on now, with their free slots. A stale `last_seen` means that a replica died. */
export async function sessionsOnline(db: Reads) {
  const { rows } = await sql<{
    id: string
    account_id: string
    hostname: string
    platforms: string[]
    features: string[]
    slots: number
    start_id: string
    busy: number
    evaluations: number
    load: unknown
  }>`
    select s.id, s.account_id, s.hostname, s.platforms, s.system_features as features, s.concurrent_tasks as slots,
      s.start_id, s.load, count(t.id)::int as busy, (count(t.id) filter (where t.kind = 'evaluate'))::int as evaluations
    from agent_session s left join task t on t.session_id = s.id and t.state in ('assigned', 'started')
    where s.connection_id is not null and s.revoked_at is null and s.last_seen > now() - interval '60 seconds'
    group by s.id order by s.id`.execute(db)
  return rows
}

export type Wanted = {
  kinds: ('evaluate' | 'build' | 'effect')[]
  /** Only what one of these can do, or the queue's head would hide what is behind it. Of evaluations it is not asked. */
  able: { platforms: string[]; features: string[] }[]
  limit: number
}

/** Queued tasks of an account in the order in which they should be placed, held against other replicas. */
export async function takeQueuedTasks(tx: Tx, accountId: string, where: Wanted): Promise<TaskRow[]> {
  const { rows } = await sql<TaskRow>`
    select * from task
    where state = 'queued' and account_id = ${accountId} and not_before <= now() and kind = any(${where.kinds}::text[])
      and (kind = 'evaluate' or exists (
        select from jsonb_to_recordset(${JSON.stringify(where.able)}::jsonb) as agent (platforms text[], features text[])
        where (platform = 'builtin' or platform = any(agent.platforms)) and required_features <@ agent.features))
    order by queued_at, id limit ${where.limit} for update skip locked`.execute(tx)
  return rows
}

/** Gives a task to a session and adds the message that starts it to the conversation. */
export async function assignTask(tx: Tx, task: { id: string }, session: { id: string; start_id: string }) {
  await tx
    .updateTable('task')
    .set({ state: 'assigned', session_id: session.id, start_id: session.start_id, assigned_at: new Date() })
    .where('id', '=', task.id)
    .execute()
  await addMessage(tx, session.start_id, 'start', task.id)
}

export async function addMessage(tx: Tx, startId: string, kind: 'start' | 'cancel', taskId: string): Promise<void> {
  await sql`
    with numbered as (update agent_conversation set next_n = next_n + 1 where start_id = ${startId} returning next_n - 1 as n)
    insert into agent_message (start_id, n, kind, task_id) select ${startId}, n, ${kind}, ${taskId} from numbered`.execute(
    tx,
  )
}

/** What is still to be said to an agent after number `n`, with the tasks that it is about. */
export function messagesAfter(db: Reads, startId: string, n: number) {
  return db
    .selectFrom('agent_message')
    .innerJoin('task', 'task.id', 'agent_message.task_id')
    .selectAll('task')
    .select(['agent_message.n', 'agent_message.kind as say'])
    .where('agent_message.start_id', '=', startId)
    .where('agent_message.n', '>', n)
    .orderBy('agent_message.n')
    .limit(100)
    .execute()
}

export async function dropMessages(db: Reads, startId: string, upTo: number): Promise<void> {
  await db.deleteFrom('agent_message').where('start_id', '=', startId).where('n', '<=', upTo).execute()
}

/** The task, locked until the transaction ends. */
export function lockTask(tx: Tx, id: string): Promise<TaskRow | undefined> {
  return tx.selectFrom('task').selectAll().where('id', '=', id).forUpdate().executeTakeFirst()
}

export function findTask(db: Reads, id: string): Promise<TaskRow | undefined> {
  return db.selectFrom('task').selectAll().where('id', '=', id).executeTakeFirst()
}

import type { Share } from '@firn/core/queue/order'
import { sql } from 'kysely'
import type { Reads, Tx } from '../db/connect.ts'
import { unread } from '../db/unread.ts'
import type { TaskRow } from './task.ts'

export const openStates = ['assigned', 'started'] as const

/** Those with an agent that is connected, or was a moment ago. */
export async function accountsOnline(db: Reads): Promise<string[]> {
  const { rows } = await sql<{ account_id: string }>`
    select distinct account_id from agent_session where connection_id is not null and revoked_at is null`.execute(db)
  return rows.map((row) => row.account_id)
}

/** The sessions, of an account or all, that an agent speaks on now, with their free slots. A stale `last_seen` means that a replica died. */
export async function sessionsOnline(db: Reads, accountId?: string) {
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
      ${accountId === undefined ? sql`` : sql`and s.account_id = ${accountId}`}
    group by s.id order by s.id`.execute(db)
  return rows
}

/** Queued tasks of an account that ask the same of an agent, for one project. */
export type Lane = Pick<TaskRow, 'kind' | 'platform' | 'required_features' | 'project_id'>

/** What waits in an account, however many tasks there are of it: goes from lane to lane through the index of the queue. */
export async function lanesOf(db: Reads, accountId: string): Promise<Lane[]> {
  const columns = sql`kind, platform, required_features, project_id`
  const queued = sql`from task where state = 'queued' and account_id = ${accountId}`
  const { rows } = await sql<Lane>`
    with recursive lanes as (
      (select ${columns} ${queued} order by kind, platform, required_features, project_id limit 1)
      union all
      select next.* from lanes cross join lateral (
        select ${columns} ${queued} and (kind, platform, required_features, project_id) >
          (lanes.kind, lanes.platform, lanes.required_features, lanes.project_id)
        order by kind, platform, required_features, project_id limit 1
      ) next
    ) select * from lanes`.execute(db)
  return rows
}

/** Of each lane the tasks whose turn comes first, so many at most, held against other replicas. */
export async function takeQueuedTasks(
  tx: Tx,
  accountId: string,
  lanes: (Lane & { limit: number })[],
): Promise<TaskRow[]> {
  const { rows } = await sql<TaskRow>`
    select t.* from jsonb_to_recordset(${JSON.stringify(lanes)}::jsonb)
      as lane (kind text, platform text, required_features text[], project_id uuid, "limit" int)
    cross join lateral (
      select * from task where state = 'queued' and account_id = ${accountId} and kind = lane.kind
        and platform = lane.platform and required_features = lane.required_features and project_id = lane.project_id
        and not_before <= now()
      order by urgency, rank desc, queued_at, id limit lane."limit" for update skip locked
    ) t`.execute(tx)
  return rows
}

/** A turn counts for so long at the most: what ran in between is not known. */
const turnSecondsMax = 5
const halfLifeSeconds = 600
/** What a task costs its project at least: one that ends before the next turn is never seen running. */
const taskSecondsMin = 1

/** What each project of an account has of the slots, after adding what its tasks have had since the turn before. */
export async function countShares(tx: Tx, accountId: string): Promise<Map<string, Share>> {
  const { rows } = await sql<Share & { project_id: string }>`
    with running as (
      select project_id, count(*) as n from task
      where account_id = ${accountId} and state in ('assigned', 'started') group by project_id
    ), counted as (
      insert into slot_use as used (project_id, account_id, seconds)
      select project_id, ${accountId}, 0 from running order by project_id
      on conflict (project_id) do update set at = now(),
        seconds = used.seconds * power(0.5, extract(epoch from now() - used.at) / ${halfLifeSeconds})
          + (select n from running where project_id = excluded.project_id)
            * least(extract(epoch from now() - used.at), ${turnSecondsMax})
      returning project_id, seconds, at
    )
    select project_id, coalesce(running.n, 0)::int as running,
      coalesce(counted.seconds, used.seconds * power(0.5, extract(epoch from now() - used.at) / ${halfLifeSeconds}))::float8 as seconds
    from (select * from slot_use where account_id = ${accountId}) used
      full join counted using (project_id) full join running using (project_id)`.execute(tx)
  return new Map(rows.map(({ project_id, running, seconds }) => [project_id, { running, seconds }]))
}

export type Assigned = { taskId: string; sessionId: string; startId: string }

/**
 * Gives tasks to sessions, and adds the messages that start them to the conversations, in the order given; their projects pay.
 * An agent that has left since it was chosen gets none: they stay queued.
 * @returns those that were given
 */
export async function assignTasksTo(tx: Tx, chosen: Assigned[]): Promise<Assigned[]> {
  if (chosen.length === 0) return []
  const there = await holdOnline(
    tx,
    chosen.map((one) => one.startId),
  )
  const given = chosen.filter((one) => there.has(one.startId))
  const column = (name: 'taskId' | 'sessionId' | 'startId') => given.map((one) => one[name])
  await unread(
    tx,
    sql`
    with given as (
      select * from unnest(${column('taskId')}::uuid[], ${column('sessionId')}::uuid[], ${column('startId')}::uuid[])
        with ordinality as given (task_id, session_id, start_id, place)
    ), assigned as (
      update task set state = 'assigned', session_id = given.session_id, start_id = given.start_id, assigned_at = now()
      from given where task.id = given.task_id returning task.account_id, task.project_id
    ), paid as (
      insert into slot_use as used (project_id, account_id, seconds)
      select project_id, account_id, count(*) * ${taskSecondsMin} from assigned group by 1, 2 order by 1
      on conflict (project_id) do update set seconds = used.seconds + excluded.seconds
    ), numbered as (
      update agent_conversation c set next_n = next_n + own.n
      from (select start_id, count(*) as n from given group by start_id) own
      where c.start_id = own.start_id returning c.start_id, c.next_n - own.n as first
    )
    insert into agent_message (start_id, n, kind, task_id)
    select start_id, first + row_number() over (partition by start_id order by place) - 1, 'start', task_id
    from given join numbered using (start_id)`,
  )
  return given
}

/**
 * Of these runs those whose agent is still there, held until the transaction ends: who says goodbye or comes back meanwhile waits,
 * and then finds what was given to it. Locked in the order of `greet-agent.ts`.
 */
async function holdOnline(tx: Tx, startIds: string[]): Promise<Set<string>> {
  const { rows } = await sql<{ start_id: string }>`
    select c.start_id from agent_conversation c join agent_session s on s.id = c.session_id and s.start_id = c.start_id
    where c.start_id = any(${startIds}::uuid[]) and s.connection_id is not null and s.revoked_at is null
    order by c.start_id for update of c for share of s`.execute(tx)
  return new Set(rows.map((row) => row.start_id))
}

export async function addMessage(tx: Tx, startId: string, kind: 'start' | 'cancel', taskId: string): Promise<void> {
  await sql`
    with numbered as (update agent_conversation set next_n = next_n + 1 where start_id = ${startId} returning next_n - 1 as n)
    insert into agent_message (start_id, n, kind, task_id) select ${startId}, n, ${kind}, ${taskId} from numbered`.execute(
    tx,
  )
}

/** The task, locked until the transaction ends. */
export function lockTask(tx: Tx, id: string): Promise<TaskRow | undefined> {
  return tx.selectFrom('task').selectAll().where('id', '=', id).forUpdate().executeTakeFirst()
}

export function findTask(db: Reads, id: string): Promise<TaskRow | undefined> {
  return db.selectFrom('task').selectAll().where('id', '=', id).executeTakeFirst()
}

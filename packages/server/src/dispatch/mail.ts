/**
 * What is to be said to agents, read and put away together: of all agents that are connected to this replica and want it in
 * the same moment, in one statement each.
 */
import { inBatches } from '@firn/base/in-batches'
import type { ServerPayload } from '@firn/contract/agent/socket'
import { sql } from 'kysely'
import type { Db } from '../db/connect.ts'
import { unhurried } from '../db/unhurried.ts'
import type { TaskRow, TaskSteps } from './task.ts'

export type Letter = { n: number; payload: ServerPayload }

export type Mail = {
  /** What is to be said to a run of an agent after number `after`, a hundred at most (hercules-ci.md 4.4.8). */
  read(asked: { startId: string; after: number }): Promise<Letter[]>
  /** It has everything up to `n`. */
  drop(heard: { startId: string; n: number }): Promise<undefined>
}

const agentsAtOnce = 500

export function openMail({ db, steps }: { db: Db; steps: TaskSteps }): Mail {
  return {
    read: inBatches({ max: agentsAtOnce, work: (batch) => readTogether({ db, steps }, batch) }),
    drop: inBatches({ max: agentsAtOnce, work: (batch) => dropTogether(db, batch) }),
  }
}

type MessageRow = TaskRow & { to_start_id: string; n: number; say: 'start' | 'cancel' }

async function readTogether(
  { db, steps }: { db: Db; steps: TaskSteps },
  asked: { startId: string; after: number }[],
): Promise<Letter[][]> {
  const { rows } = await sql<MessageRow>`
    select t.*, m.start_id as to_start_id, m.n, m.kind as say
    from unnest(${asked.map((one) => one.startId)}::uuid[], ${asked.map((one) => one.after)}::bigint[]) as box (start_id, after)
      cross join lateral (
        select * from agent_message where start_id = box.start_id and n > box.after order by n limit 100
      ) m join task t on t.id = m.task_id
    order by m.start_id, m.n`.execute(db)
  const starts = await renderStarts({ db, steps }, rows)
  const letters = Map.groupBy(rows, (row) => row.to_start_id)
  return asked.map(({ startId, after }) =>
    (letters.get(startId) ?? [])
      .filter(({ n }) => n > after)
      .map(({ n, id, say }) => ({ n, payload: (say === 'start' && starts.get(id)) || cancelOf(id) })),
  )
}

/** A start that nobody wants any more is said as a Cancel, so that the numbers have no gap. */
const cancelOf = (taskId: string): ServerPayload => ({ tag: 'Cancel', contents: { taskId } })

/** The messages that start tasks which are still wanted. */
async function renderStarts(
  { db, steps }: { db: Db; steps: TaskSteps },
  rows: MessageRow[],
): Promise<Map<string, ServerPayload>> {
  const wanted = rows.filter(({ say, state }) => say === 'start' && state !== 'ended')
  const all = new Map<string, ServerPayload>()
  for (const [kind, own] of Map.groupBy(wanted, (task) => task.kind))
    for (const [id, payload] of await steps[kind].render(db, own)) all.set(id, payload)
  return all
}

/** A letter that a crash of the database brings back is said again, and the agent knows its number. */
async function dropTogether(db: Db, heard: { startId: string; n: number }[]): Promise<undefined[]> {
  await sql`
    delete from agent_message m
    using unnest(${heard.map((one) => one.startId)}::uuid[], ${heard.map((one) => one.n)}::bigint[]) as x (start_id, n),
      ${unhurried}
    where m.start_id = x.start_id and m.n <= x.n`.execute(db)
  return heard.map(() => undefined)
}

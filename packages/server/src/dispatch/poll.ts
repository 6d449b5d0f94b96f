import type { PolledTask } from '@firn/contract/agent/task'
import { sql } from 'kysely'
import type { Db } from '../db/connect.ts'
import type { TakeReports } from './take-reports.ts'
import type { TaskRow } from './task.ts'

/** A task that was offered and not fetched is offered again after so long: the answer was lost on its way. */
const offeredAgainAfterS = 30

const typeOf = { evaluate: 'eval', build: 'build', effect: 'effect' } as const

/**
 * The next task of an agent without a socket (hercules-ci.md 4.8, `POST tasks`), which asks each second. It was assigned as any
 * other; it has begun when the agent fetches it (`fetchOffered`).
 */
export async function offerTask(db: Db, sessionId: string): Promise<PolledTask | null> {
  const { rows } = await sql<{ id: string; kind: TaskRow['kind'] }>`
    with next as (
      select m.start_id, m.n, task.id, task.kind from agent_message m
      join agent_session s on s.start_id = m.start_id join task on task.id = m.task_id
      where s.id = ${sessionId} and m.kind = 'start' and task.state = 'assigned'
        and (m.offered_at is null or m.offered_at < now() - make_interval(secs => ${offeredAgainAfterS}))
      order by m.n limit 1 for update of m skip locked
    )
    update agent_message m set offered_at = now() from next
    where m.start_id = next.start_id and m.n = next.n returning next.id, next.kind`.execute(db)
  const [offered] = rows
  return offered === undefined ? null : { id: offered.id, typ: typeOf[offered.kind] }
}

/** An agent fetches a task: if it was offered it has now begun. To agents on a socket starts are said there. */
export async function fetchOffered(
  { db, takeReports }: { db: Db; takeReports: TakeReports },
  { id, session_id: sessionId, start_id: startId }: TaskRow,
): Promise<void> {
  if (sessionId === null || startId === null) return
  const offers = await db
    .selectFrom('agent_message')
    .select('n')
    .where('start_id', '=', startId)
    .where('task_id', '=', id)
    .where('kind', '=', 'start')
    .where('offered_at', 'is not', null)
    .execute()
  if (offers.length === 0) return
  await takeReports({ sessionId, message: null, reports: [{ taskId: id, is: 'started', agoMs: 0 }] })
  // What has begun is offered no more, whether or not this comes to pass.
  const said = offers.map((offer) => offer.n)
  await db.deleteFrom('agent_message').where('start_id', '=', startId).where('n', 'in', said).execute()
}

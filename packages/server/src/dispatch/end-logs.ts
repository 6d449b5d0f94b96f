import { sql } from 'kysely'
import { endLog, type LogNeeds } from '../logs/append.ts'

/** An agent has so long to send the end of a log after its last word on the task (hercules-ci.md 4.4.7b, 4.9.8). */
const lateEndMinutes = 10
/** A lost agent may return and go on where it was (`give-back.ts`), as long as no other has begun the same; not for ever. */
const lostEndHours = 24

/** Ends the logs whose writer will not come back. */
export async function endOrphanedLogs(needs: LogNeeds): Promise<void> {
  const { rows } = await sql<{ id: string }>`
    select task.id from task join log using (id)
    where log.ended_at is null and task.state = 'ended' and case task.outcome
      when 'lost' then task.ended_at < now() - make_interval(hours => ${lostEndHours}) or exists (
        select from task next where next.subject = task.subject and next.kind = task.kind
          and next.queued_at > task.queued_at and next.started_at is not null)
      else task.ended_at < now() - make_interval(mins => ${lateEndMinutes}) end
    order by task.ended_at limit 200`.execute(needs.db)
  for (const { id } of rows) await endLog(needs, id)
}

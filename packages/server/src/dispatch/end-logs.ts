import { sql } from 'kysely'
import { endLog, type LogNeeds } from '../logs/append.ts'

/** An agent has so long to send the end of a log after its last word on the task (hercules-ci.md 4.4.7b, 4.9.8). */
const lateEndMinutes = 10

/** Ends the logs whose writer will not come back: of lost tasks at once, of others when the agent's time is over. */
export async function endOrphanedLogs(needs: LogNeeds): Promise<void> {
  const { rows } = await sql<{ id: string }>`
    select task.id from task join log using (id)
    where log.ended_at is null and task.state = 'ended'
      and (task.outcome = 'lost' or task.ended_at < now() - make_interval(mins => ${lateEndMinutes}))
    order by task.ended_at limit 200`.execute(needs.db)
  for (const { id } of rows) await endLog(needs, id)
}

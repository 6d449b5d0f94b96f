import type { BuildEvent, OutputInfo } from '@firn/contract/agent/build-event'
import { sql } from 'kysely'
import type { Db } from '../db/connect.ts'
import type { TaskRow } from '../dispatch/task.ts'

/** Keeps what an agent says of the outputs of the derivation that its task builds; of others nothing is believed. */
export async function acceptOutputs(db: Db, task: TaskRow, events: BuildEvent[]): Promise<void> {
  const outputs = events.filter((event) => event.tag === 'OutputInfo').map((event) => event.contents as OutputInfo)
  for (const output of outputs)
    await sql`
      update derivation_output o set path = ${output.path}, hash = ${output.hash}, size = ${output.size},
        refs = ${output.references ?? null}
      from derivation d where d.id = o.derivation_id and d.id = ${Number(task.subject)}
        and d.path = ${output.deriver} and o.name = ${output.name}`.execute(db)
}

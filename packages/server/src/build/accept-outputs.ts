import { sql } from 'kysely'
import type { Tx } from '../db/connect.ts'
import { unread } from '../db/unread.ts'
import type { ReportedTask } from '../dispatch/task.ts'

/** Keeps what agents say of the outputs of the derivations that their tasks build; of others nothing is believed. */
export async function acceptOutputs(tx: Tx, tasks: ReportedTask[]): Promise<void> {
  const outputs = tasks.flatMap(({ task, events }) =>
    events.flatMap((event) =>
      event.tag === 'OutputInfo' ? [{ ...event.contents, subject: task.subject, session: task.session_id }] : [],
    ),
  )
  if (outputs.length === 0) return
  await unread(
    tx,
    sql`
    update derivation_output o set path = x.path, hash = x.hash, size = x.size, session_id = x.session,
      refs = case when jsonb_typeof(x.references) = 'array' then array(select jsonb_array_elements_text(x.references)) end
    from jsonb_to_recordset(${JSON.stringify(outputs)}::jsonb)
      as x (subject bigint, deriver text, name text, path text, hash text, size bigint, "references" jsonb, session uuid)
      join derivation d on d.id = x.subject and d.path = x.deriver
    where o.derivation_id = d.id and o.name = x.name`,
  )
}

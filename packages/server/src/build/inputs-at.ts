import { sql } from 'kysely'
import type { Reads } from '../db/connect.ts'
import type { TaskRow } from '../dispatch/task.ts'

/**
 * Of build tasks, where their direct inputs were built: the agents there need not fetch them. By task and session, in bytes.
 * Written so that it is answered from each input, as `hasInput` in `store.ts` is.
 */
export async function inputsAt(db: Reads, tasks: TaskRow[]): Promise<Map<string, Map<string, number>>> {
  const { rows } = await sql<{ task_id: string; session_id: string; bytes: number }>`
    select t.id as task_id, o.session_id, sum(o.bytes)::float8 as bytes
    from unnest(${tasks.map((task) => task.id)}::uuid[], ${tasks.map((task) => task.subject)}::bigint[]) as t (id, derivation_id)
      cross join lateral (
        select input_id, outputs from derivation_input where derivation_id = t.derivation_id offset 0
      ) i
      cross join lateral (
        select session_id, coalesce(size, 1) as bytes from derivation_output
        where derivation_id = i.input_id and name = any(i.outputs) and session_id is not null offset 0
      ) o
    group by 1, 2`.execute(db)
  const found = new Map<string, Map<string, number>>()
  for (const { task_id, session_id, bytes } of rows)
    found.set(task_id, (found.get(task_id) ?? new Map<string, number>()).set(session_id, bytes))
  return found
}

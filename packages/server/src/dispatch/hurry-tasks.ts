import type { Urgency } from '@firn/core/queue/match'
import { sql } from 'kysely'
import type { Tx } from '../db/connect.ts'
import type { TaskKind } from './task.ts'

/** Makes the queued tasks of these subjects at least as urgent as given. */
export async function hurryTasks(tx: Tx, kind: TaskKind, subjects: string[], to: Urgency): Promise<void> {
  await sql`update task set urgency = ${to} where kind = ${kind} and state = 'queued' and urgency > ${to}
    and subject = any(${subjects}::text[])`.execute(tx)
}

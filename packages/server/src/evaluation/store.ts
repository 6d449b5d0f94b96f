import type { Message, OnPushHandler, OnScheduleHandler } from '@firn/contract/agent/evaluate-event'
import { sql } from 'kysely'
import type { Reads, Tx } from '../db/connect.ts'

export function evaluations(db: Reads) {
  return db.selectFrom('evaluation').selectAll()
}

/** The evaluation whose events a task sends, locked; undefined when another task has taken its place. */
export function lockEvaluationOf(tx: Tx, taskId: string) {
  return tx
    .selectFrom('evaluation')
    .innerJoin('job', 'job.id', 'evaluation.job_id')
    .innerJoin('project', 'project.id', 'job.project_id')
    .selectAll('evaluation')
    .select(['job.project_id', 'job.is_bumped', 'project.account_id'])
    .where('evaluation.task_id', '=', taskId)
    .forUpdate(['evaluation'])
    .executeTakeFirst()
}

export function updateEvaluation(tx: Tx, jobId: string) {
  return tx.updateTable('evaluation').where('job_id', '=', jobId)
}

export async function insertMessages(tx: Tx, jobId: string, messages: Message[]): Promise<void> {
  if (messages.length === 0) return
  await tx
    .insertInto('evaluation_message')
    .values(
      messages.map(({ index, typ, message, expressionPath }) => ({
        job_id: jobId,
        index,
        type: typ,
        message,
        path: expressionPath ?? null,
      })),
    )
    .onConflict((conflict) => conflict.doNothing())
    .execute()
}

export async function insertHandlers(
  tx: Tx,
  jobId: string,
  { onPush, onSchedule }: { onPush: OnPushHandler[]; onSchedule: OnScheduleHandler[] },
): Promise<void> {
  const rows = [
    ...onPush.map((handler) => row(jobId, 'OnPush', handler, null)),
    ...onSchedule.map((handler) => row(jobId, 'OnSchedule', handler, JSON.stringify(handler.when))),
  ]
  if (rows.length === 0) return
  await tx
    .insertInto('handler')
    .values(rows)
    .onConflict((conflict) => conflict.doNothing())
    .execute()
}

function row(jobId: string, type: 'OnPush' | 'OnSchedule', handler: OnPushHandler, when: string | null) {
  return {
    job_id: jobId,
    type,
    name: handler.handlerName,
    is_flake: handler.isFlake,
    extra_inputs: JSON.stringify(handler.handlerExtraInputs),
    runs_when: when,
  }
}

/** Forgets what an evaluation that is begun again had found. */
export async function forgetFindings(tx: Tx, jobId: string): Promise<void> {
  await tx.deleteFrom('evaluation_message').where('job_id', '=', jobId).execute()
  await tx.deleteFrom('handler').where('job_id', '=', jobId).execute()
  await tx.deleteFrom('import_from_derivation').where('job_id', '=', jobId).execute()
}

export async function countErrorMessages(db: Reads, jobId: string): Promise<number> {
  const { rows } = await sql<{ count: number }>`
    select count(*)::int as count from evaluation_message where job_id = ${jobId} and type = 'Error'`.execute(db)
  return rows[0]?.count ?? 0
}

export function messagesOf(db: Reads, jobId: string) {
  return db
    .selectFrom('evaluation_message')
    .select(['index', 'type', 'message', 'path'])
    .where('job_id', '=', jobId)
    .orderBy('index')
    .limit(1000)
    .execute()
}

export function handlersOf(db: Reads, jobId: string) {
  return db.selectFrom('handler').selectAll().where('job_id', '=', jobId).orderBy('name').execute()
}

export function importsOf(db: Reads, jobId: string) {
  return db
    .selectFrom('import_from_derivation')
    .innerJoin('derivation', 'derivation.id', 'import_from_derivation.derivation_id')
    .select(['index', 'output', 'done', 'import_from_derivation.path as attribute', 'derivation.path as derivation'])
    .where('job_id', '=', jobId)
    .orderBy('index')
    .limit(1000)
    .execute()
}

import { SiblingInput, When } from '@firn/contract/agent/evaluate-event'
import type { JobHandlers } from '@firn/contract/api/job'
import { DrvPath } from '@firn/contract/ids'
import { z } from 'zod'
import { countAttributeErrors } from '../build/read-facts.ts'
import type { Reads } from '../db/connect.ts'
import { countErrorMessages, evaluations, handlersOf, importsOf, messagesOf } from './store.ts'

/** An evaluation with the number of things that went wrong in it. */
export async function readEvaluation(db: Reads, jobId: string) {
  const row = await evaluations(db).where('job_id', '=', jobId).executeTakeFirst()
  if (row === undefined) return undefined
  const problems = (await countErrorMessages(db, jobId)) + (await countAttributeErrors(db, jobId))
  return { ...row, problems }
}

const Inputs = z.record(z.string(), SiblingInput)

/** The handlers that a commit's configuration declares. */
export async function readHandlers(db: Reads, jobId: string): Promise<JobHandlers> {
  const rows = await handlersOf(db, jobId)
  const handlers = rows.map((row) => ({
    type: row.type,
    name: row.name,
    isFlake: row.is_flake,
    when: When.parse(row.runs_when ?? {}),
    extraInputs: Object.fromEntries(
      Object.entries(Inputs.parse(row.extra_inputs)).map(([name, { contents }]) => [
        name,
        { project: contents.project, ref: contents.ref ?? null },
      ]),
    ),
  }))
  return {
    onPush: handlers.filter((handler) => handler.type === 'OnPush').map(({ type: _, when: __, ...rest }) => rest),
    onSchedule: handlers.filter((handler) => handler.type === 'OnSchedule').map(({ type: _, ...rest }) => rest),
  }
}

export async function readMessages(db: Reads, jobId: string) {
  return (await messagesOf(db, jobId)).map(({ index, type, message, path }) => ({
    index,
    typ: type,
    message,
    ...(path === null ? {} : { expressionPath: path }),
  }))
}

/** What an evaluation imports from derivations, and the attributes that wait for it. */
export async function readImports(db: Reads, jobId: string) {
  const rows = await importsOf(db, jobId)
  return {
    ifdAttributes: rows.flatMap((row) =>
      row.attribute === null
        ? []
        : [
            {
              path: row.attribute,
              derivationPath: DrvPath.parse(row.derivation),
              derivationOutput: row.output,
              done: row.done,
            },
          ],
    ),
    evaluationDependencies: rows.map((row) => ({
      index: row.index,
      derivation: DrvPath.parse(row.derivation),
      outputName: row.output,
    })),
  }
}

import type { EventContents } from '@firn/contract/agent/evaluate-event'
import { sql } from 'kysely'
import type { Tx } from '../db/connect.ts'
import { insertAttributes, type NewAttribute, settleNewAttributes, settlePendingAttributes } from './attributes.ts'
import { derivationIds } from './derivation-ids.ts'
import type { Asker } from './plan-builds.ts'
import { planWanted } from './plan-wanted.ts'
import { rebuild } from './retry.ts'
import { noteSeen } from './seen.ts'
import { holdGraph, linkToJob, saveDerivations } from './store.ts'

export type Findings = {
  attributes: EventContents<'Attribute'>[]
  effects: EventContents<'AttributeEffect'>[]
  errors: EventContents<'AttributeError'>[]
  derivations: EventContents<'DerivationInfo'>[]
  requests: EventContents<'BuildRequest'>[]
  seen: EventContents<'SubstitutionQueryResult'>[]
}

/**
 * Adds what an evaluation found to the graph of its account, and plans what it asks for.
 * @returns how many builds were queued
 */
export async function addFindings(
  tx: Tx,
  { jobId, ...asker }: Asker & { jobId: string },
  findings: Findings,
): Promise<number> {
  const { accountId } = asker
  const ids = await derivationIds(tx, accountId, pathsIn(findings))
  await saveDerivations(tx, ids, findings.derivations)
  await insertAttributes(tx, jobId, newAttributes(findings, ids))
  const wanted = idsOf(
    ids,
    findings.requests.map((request) => request.derivationPath),
  )
  // What the job has asked for before is planned, or somebody has cancelled it since, which the same job does not undo.
  const fresh = await linkToJob(tx, jobId, wanted)
  await noteSeen(tx, { jobId, accountId }, findings.seen)
  const planned = await planWanted(tx, asker, fresh)
  const forced = findings.requests.filter((request) => request.forceRebuild)
  const rebuilt = await rebuild(
    tx,
    accountId,
    idsOf(
      ids,
      forced.map((request) => request.derivationPath),
    ),
  )
  const own = [...findings.attributes, ...findings.effects].map((attribute) => attribute.derivationPath)
  await settleNewAttributes(tx, jobId, idsOf(ids, own))
  return planned + rebuilt
}

function* pathsIn({ attributes, effects, derivations, requests }: Findings): Iterable<string> {
  for (const list of [attributes, effects, derivations, requests])
    for (const { derivationPath } of list) yield derivationPath
  for (const { inputDerivations } of derivations) yield* Object.keys(inputDerivations)
}

function newAttributes({ attributes, effects, errors }: Findings, ids: Map<string, number>): NewAttribute[] {
  const none = { error: null, secrets: null }
  return [
    ...attributes.map(({ expressionPath: path, derivationPath, typ: type, evalMs }) => ({
      ...none,
      evalMs: evalMs ?? null,
      path,
      type,
      derivationId: ids.get(derivationPath) ?? null,
    })),
    ...effects.map(({ expressionPath: path, derivationPath, secretsToUse, evalMs }) => ({
      evalMs: evalMs ?? null,
      path,
      type: 'Effect' as const,
      derivationId: ids.get(derivationPath) ?? null,
      error: null,
      secrets: secretsToUse,
    })),
    ...errors.map(({ evalMs, ...error }) => ({
      ...none,
      evalMs: evalMs ?? null,
      path: error.expressionPath,
      type: 'Regular' as const,
      derivationId: null,
      error,
    })),
  ]
}

function idsOf(ids: Map<string, number>, paths: string[]): number[] {
  return paths.flatMap((path) => ids.get(path) ?? [])
}

/**
 * After an evaluation: attributes whose derivation nobody asked for are asked for here, so that none stays pending
 * for ever, and every outcome is settled.
 */
export async function finishFindings(tx: Tx, { jobId, ...asker }: Asker & { jobId: string }): Promise<void> {
  const { rows } = await sql<{ id: number }>`
    select distinct d.id from attribute a join derivation d on d.id = a.derivation_id
    where a.job_id = ${jobId} and a.type in ('Regular', 'MustFail', 'MayFail') and d.status = 'NotPlanned'`.execute(tx)
  const ids = rows.map((row) => row.id)
  await linkToJob(tx, jobId, ids)
  await planWanted(tx, asker, ids)
  await settlePendingAttributes(tx, jobId)
}

/**
 * Gives a job the attributes and wishes of another, which the caller holds; builds that were cancelled since are planned again. Until
 * the transaction ends, none of what was found is forgotten (`forget-derivations.ts`).
 */
export async function copyFindings(
  tx: Tx,
  { jobId, ...asker }: Asker & { jobId: string },
  from: string,
): Promise<void> {
  await holdGraph(tx, asker.accountId, 'shared')
  await sql`
    insert into attribute (job_id, path, path_key, sort_key, type, derivation_id, error, secrets, eval_ms, outcome)
    select ${jobId}, path, path_key, sort_key, type, derivation_id, error, secrets, null, outcome
    from attribute where job_id = ${from}`.execute(tx)
  const { rows } = await sql<{ derivation_id: number }>`
    insert into job_derivation (job_id, derivation_id)
    select ${jobId}, derivation_id from job_derivation where job_id = ${from} returning derivation_id`.execute(tx)
  const ids = rows.map((row) => row.derivation_id)
  await planWanted(tx, asker, ids)
  await settlePendingAttributes(tx, jobId)
}

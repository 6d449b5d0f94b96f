import type { DerivationInfo, EventContents } from '@firn/contract/agent/evaluate-event'
import { sql } from 'kysely'
import type { Tx } from '../db/connect.ts'
import type { Asker } from './asker.ts'
import { insertAttributes, type NewAttribute, settleNewAttributes, settlePendingAttributes } from './attributes.ts'
import { type Brought, bringDerivations } from './bring-derivations.ts'
import { considerWaiting, type NewWaiting } from './plan-builds.ts'
import { planWanted } from './plan-wanted.ts'
import { rebuild } from './retry.ts'
import { saveDetails } from './save-details.ts'
import { noteSeen } from './seen.ts'
import { holdGraph, linkToJob } from './store.ts'

export type Findings = {
  attributes: EventContents<'Attribute'>[]
  effects: EventContents<'AttributeEffect'>[]
  errors: EventContents<'AttributeError'>[]
  derivations: EventContents<'DerivationInfo'>[]
  requests: EventContents<'BuildRequest'>[]
  seen: EventContents<'SubstitutionQueryResult'>[]
}

/**
 * Adds what an evaluation found to the graph of its account, and plans what it asks for. Of a large evaluation nearly all is new:
 * such derivations are written as what they are to become, and nobody else has to be looked at or told.
 * @returns how many builds were queued
 */
export async function addFindings(tx: Tx, asker: Asker & { jobId: string }, findings: Findings): Promise<number> {
  const { accountId, jobId } = asker
  const infos = new Map(findings.derivations.map((info) => [info.derivationPath, info]))
  const requested = new Set(findings.requests.map((request) => request.derivationPath))
  // What is there already may not have to be built.
  const seen = new Set(findings.seen.map(({ derivation }) => derivation))
  const asked = (path: string) => requested.has(path) && !seen.has(path)
  const brought = await bringDerivations(tx, accountId, pathsIn(findings), { infos, asker, asked })
  const filled = await saveDetails(tx, brought, infos)
  await insertAttributes(tx, jobId, newAttributes(findings, brought))
  // What the job has asked for before is planned, or somebody has cancelled it since, which the same job does not undo.
  const fresh = await linkToJob(tx, jobId, idsOf(brought, requested))
  const news = newWaiting(brought, infos)
  const isNews = new Set(news.map(({ id }) => id))
  await noteSeen(tx, { jobId, accountId }, findings.seen)
  const planned = await planWanted(
    tx,
    asker,
    fresh.filter((id) => !isNews.has(id)),
    news,
  )
  // Some may have been asked for before it was known what they are.
  const { queued } = await considerWaiting(tx, accountId, filled)
  const forced = findings.requests.filter((request) => request.forceRebuild)
  const rebuilt = await rebuild(
    tx,
    asker,
    idsOf(
      brought,
      forced.map((request) => request.derivationPath),
    ),
  )
  await settleNewAttributes(tx, jobId, idsOf(brought, unsettled(findings, brought)))
  return planned + queued + rebuilt
}

function newWaiting(brought: Map<string, Brought>, infos: Map<string, DerivationInfo>): NewWaiting[] {
  return [...infos].flatMap(([path, info]): NewWaiting[] => {
    const derivation = brought.get(path)
    if (!derivation?.isNew || derivation.status !== 'Waiting') return []
    const inputs = Object.keys(info.inputDerivations).flatMap((input) => brought.get(input) ?? [])
    return [{ id: derivation.id, info, inputs }]
  })
}

/** The derivations of attributes whose outcome may be known: where something else counts than itself, or it is not new. */
function unsettled({ attributes, effects }: Findings, brought: Map<string, Brought>): string[] {
  const paths = attributes
    .filter(({ typ, derivationPath }) => typ === 'DependenciesOnly' || !brought.get(derivationPath)?.isNew)
    .map(({ derivationPath }) => derivationPath)
  return [...paths, ...effects.map(({ derivationPath }) => derivationPath)]
}

function* pathsIn({ attributes, effects, derivations, requests }: Findings): Iterable<string> {
  for (const list of [attributes, effects, derivations, requests])
    for (const { derivationPath } of list) yield derivationPath
  for (const { inputDerivations } of derivations) yield* Object.keys(inputDerivations)
}

function newAttributes({ attributes, effects, errors }: Findings, brought: Map<string, Brought>): NewAttribute[] {
  const none = { error: null, secrets: null }
  return [
    ...attributes.map(({ expressionPath: path, derivationPath, typ: type, evalMs }) => ({
      ...none,
      evalMs: evalMs ?? null,
      path,
      type,
      derivationId: brought.get(derivationPath)?.id ?? null,
    })),
    ...effects.map(({ expressionPath: path, derivationPath, secretsToUse, evalMs }) => ({
      evalMs: evalMs ?? null,
      path,
      type: 'Effect' as const,
      derivationId: brought.get(derivationPath)?.id ?? null,
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

function idsOf(brought: Map<string, Brought>, paths: Iterable<string>): number[] {
  return Array.from(paths, (path) => brought.get(path)?.id ?? []).flat()
}

/**
 * After an evaluation: attributes whose derivation nobody asked for are asked for here, so that none stays pending
 * for ever, and every outcome is settled.
 */
export async function finishFindings(tx: Tx, asker: Asker & { jobId: string }): Promise<void> {
  const { jobId } = asker
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
export async function copyFindings(tx: Tx, asker: Asker & { jobId: string }, from: string): Promise<void> {
  const { jobId } = asker
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

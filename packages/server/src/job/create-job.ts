import type { JobType, PinnedInput } from '@firn/contract/api/job'
import { newId } from '../catalog/ids.ts'
import type { Person } from '../catalog/people.ts'
import { type ProjectRow, takeJobIndex } from '../catalog/projects.ts'
import type { Tx } from '../db/connect.ts'
import { startEvaluation, urgencyOf } from '../evaluation/start-evaluation.ts'
import type { Commit } from '../forge/git/commits.ts'
import { announce } from '../outbox/announce.ts'
import type { JobRow } from './store.ts'

export type CreatedJob = { id: string; index: number; ref: string; rev: string }

/** A push makes a Config job, which finds out what else there is to do (hercules-ci.md 2.1.3). */
export function createPushJob(tx: Tx, project: ProjectRow, { ref, commit }: { ref: string; commit: Commit }) {
  return insertJob(tx, project, {
    type: 'Config',
    name: null,
    config_job_id: null,
    rerun_of: null,
    ref,
    rev: commit.rev,
    tree: commit.tree,
    message: commit.message,
    committer: commit.committer,
    is_flake: commit.isFlake,
  })
}

/** The job of a handler that a Config job announced, with its extra inputs pinned (hercules-ci.md 1.10.1). */
export function createHandlerJob(
  tx: Tx,
  project: ProjectRow,
  { config, name, inputs }: { config: JobRow; name: string; inputs: Record<string, PinnedInput> },
): Promise<CreatedJob> {
  return insertJob(tx, project, {
    ...sourceOf(config),
    type: 'OnPush',
    name,
    config_job_id: config.id,
    rerun_of: null,
    extra_inputs: JSON.stringify(inputs),
    is_bumped: config.is_bumped,
  })
}

/** The same again: same source and inputs, a new evaluation (hercules-ci.md 2.5.4). */
export function createRerun(tx: Tx, project: ProjectRow, original: JobRow, by: Person): Promise<CreatedJob> {
  return insertJob(tx, project, {
    ...sourceOf(original),
    type: original.type === 'Legacy' ? 'Config' : original.type,
    name: original.name,
    config_job_id: original.config_job_id,
    rerun_of: original.id,
    started_by: by.id,
    extra_inputs: JSON.stringify(original.extra_inputs),
  })
}

function sourceOf({ ref, rev, tree, message, committer, is_flake }: JobRow) {
  return { ref, rev, tree, message, committer, is_flake }
}

type NewJob = ReturnType<typeof sourceOf> & {
  type: JobType
  name: string | null
  config_job_id: string | null
  rerun_of: string | null
  extra_inputs?: string
  is_bumped?: boolean
  started_by?: string
}

async function insertJob(tx: Tx, project: ProjectRow, job: NewJob): Promise<CreatedJob> {
  const id = newId()
  const index = await takeJobIndex(tx, project.id)
  await tx
    .insertInto('job')
    .values({ id, index, project_id: project.id, ...job })
    .execute()
  await startEvaluation(tx, {
    jobId: id,
    projectId: project.id,
    accountId: project.account_id,
    urgency: urgencyOf({ is_bumped: job.is_bumped ?? false }),
    isRerun: job.rerun_of !== null,
  })
  await announce(tx, { kind: 'job.created', projectId: project.id, jobId: id })
  return { id, index, ref: job.ref, rev: job.rev }
}

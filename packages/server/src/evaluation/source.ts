import { GitInput } from '@firn/contract/agent/task'
import { EvaluationChoices } from '@firn/contract/api/project'
import { z } from 'zod'
import { findProjectBySite, type ProjectRow } from '../catalog/projects.ts'
import type { Reads } from '../db/connect.ts'
import type { TaskRow } from '../dispatch/task.ts'
import type { Wanted } from '../forge/remote/mirrors.ts'

/** The commit that an evaluation task is about, and where its repository is. */
export function sourceOfTask(db: Reads, task: TaskRow) {
  return db
    .selectFrom('job')
    .innerJoin('project', 'project.id', 'job.project_id')
    .innerJoin('account', 'account.id', 'project.account_id')
    .innerJoin('forge', 'forge.id', 'account.forge_id')
    .select(['job.rev', 'job.ref', 'job.extra_inputs', 'project.id', 'project.slug as project', 'project.remote_url'])
    .select(['account.slug as account', 'forge.slug as site'])
    .leftJoin('evaluation', 'evaluation.job_id', 'job.id')
    .select('evaluation.settings')
    .where('job.id', '=', task.subject)
    .executeTakeFirst()
}

const Inputs = z.record(z.string(), GitInput)

/** A repository that an evaluation task may read, and what it needs of it. */
export type ReadableRepository = { project: ProjectRow; wanted: Wanted[] }

/**
 * The repository of this name, if it is that of the task's own commit, or of an extra input of its job; with the commits that the
 * task is about, which a mirror has to have. Where the project takes submodules, those beside it in the local forge too: any of
 * them could be an extra input.
 */
export async function readableRepository(
  db: Reads,
  task: TaskRow,
  name: { account: string; project: string },
): Promise<ReadableRepository | undefined> {
  const source = await sourceOfTask(db, task)
  if (source === undefined) return undefined
  const inputs = Object.values(Inputs.parse(source.extra_inputs))
  const readable = [
    source,
    ...inputs.map(({ owner, name: project, ref, rev }) => ({ account: owner, project, ref, rev })),
  ]
  const own = readable.filter(({ account, project }) => account === name.account && project === name.project)
  const project = await findProjectBySite(db, { ...name, site: source.site })
  if (project === undefined) return undefined
  const mayBeSubmodule = source.account === name.account && project.remote_url === null && takesSubmodules(source)
  if (own.length === 0 && !mayBeSubmodule) return undefined
  return { project, wanted: own.map(({ ref, rev }) => ({ ref: ref ?? `refs/firn/${rev}`, rev })) }
}

function takesSubmodules({ settings }: { settings: unknown }): boolean {
  return EvaluationChoices.safeParse(settings).data?.submodules ?? false
}

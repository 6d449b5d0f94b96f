import type { JobFilter } from '@firn/contract/api/job'
import type { Reads } from '../db/connect.ts'
import { type JobWithAddress, jobs } from './store.ts'

/** The beginning of a revision, as Git shows it. */
const abbreviated = /^[0-9a-f]{4,39}$/

/** A project's jobs, newest first (hercules-ci.md 5.2.3); one more than asked for shows that there are more. */
export async function listJobs(
  db: Reads,
  project: { id: string; default_branch: string | null },
  filter: JobFilter,
): Promise<{ rows: JobWithAddress[]; more: boolean }> {
  let query = jobs(db).where('job.project_id', '=', project.id)
  if (filter.ref === 'HEAD') query = query.where('job.ref', '=', `refs/heads/${project.default_branch}`)
  else if (filter.ref !== undefined) query = query.where('job.ref', '=', filter.ref)
  if (filter.rev !== undefined)
    query = abbreviated.test(filter.rev)
      ? query.where('job.rev', 'like', `${filter.rev}%`)
      : query.where('job.rev', '=', filter.rev)
  if (filter.handler !== undefined) query = query.where('job.type', '=', filter.handler)
  if (filter.name !== undefined) query = query.where('job.name', '=', filter.name)
  if (filter.success !== undefined) query = query.where('job.status', '=', filter.success ? 'Success' : 'Failure')
  if (filter.offsetIndex !== undefined) query = query.where('job.index', '<', filter.offsetIndex)
  const rows = await query
    .orderBy('job.index', 'desc')
    .limit(filter.limit + 1)
    .execute()
  return { rows: rows.slice(0, filter.limit), more: rows.length > filter.limit }
}

import type { CommitOverview } from '@firn/contract/api/overview'
import { count } from '@firn/core/status/job-sentence'
import { type ProjectRow, showProject } from '../catalog/projects.ts'
import type { Reads } from '../db/connect.ts'
import { showJobs } from './show-jobs.ts'
import { type JobRow, jobs } from './store.ts'

/** The jobs of a commit. A configuration whose jobs have not all been made yet keeps it from being finished. */
export async function readCommitOverview(
  db: Reads,
  project: ProjectRow,
  { rev, publicUrl, mayWrite }: { rev: string; publicUrl: string; mayWrite: boolean },
): Promise<CommitOverview> {
  const rows = await jobs(db)
    .where('job.project_id', '=', project.id)
    .where('job.rev', '=', rev)
    .orderBy('job.index')
    .execute()
  const announced = await announcedHandlers(db, rows)
  const made = (config: JobRow) => new Set(rows.filter((row) => row.config_job_id === config.id).map((row) => row.name))
  const unmade = rows.filter(
    (row) => row.config_job_id === null && row.status === 'Success' && (announced.get(row.id) ?? 0) > made(row).size,
  )
  const open = rows.filter((row) => row.phase !== 'Done').length + unmade.length
  const failed = rows.filter((row) => row.phase === 'Done' && row.status === 'Failure').length
  return {
    project: showProject(project, publicUrl),
    revision: rev,
    jobs: await showJobs(db, rows, mayWrite),
    finished: rows.length > 0 && open === 0,
    because: sentence(rows.length, open, failed),
  }
}

function sentence(total: number, open: number, failed: number): string {
  if (total === 0) return 'No job for this commit: nothing with this revision was pushed.'
  if (open > 0) return `${count(total, 'job')}, ${open} not finished${failed > 0 ? `, ${failed} failed` : ''}.`
  return failed === 0 ? `All ${count(total, 'job')} succeeded.` : `${failed} of ${count(total, 'job')} failed.`
}

async function announcedHandlers(db: Reads, rows: JobRow[]): Promise<Map<string, number>> {
  const ids = rows.map((row) => row.id)
  if (ids.length === 0) return new Map()
  const counts = await db
    .selectFrom('handler')
    .select((eb) => ['job_id', eb.fn.countAll<number>().as('n')])
    .where('job_id', 'in', ids)
    .where('type', '=', 'OnPush')
    .groupBy('job_id')
    .execute()
  return new Map(counts.map((row) => [row.job_id, Number(row.n)]))
}

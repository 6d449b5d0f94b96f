import type { Home } from '@firn/contract/api/overview'
import { sql } from 'kysely'
import { localAccount } from '../catalog/accounts.ts'
import { listProjects, localRemote, showProject } from '../catalog/projects.ts'
import type { Reads } from '../db/connect.ts'
import { countOnline } from '../dispatch/read-agents.ts'
import { showJobs } from './show-jobs.ts'
import { jobs } from './store.ts'

const jobsPerProject = 20

/** Projects with their newest jobs; what is red or runs comes first. */
export async function readHome(
  db: Reads,
  { publicUrl, mayWrite, hasForge }: { publicUrl: string; mayWrite: boolean; hasForge: boolean },
): Promise<Home> {
  const projects = await listProjects(db, {})
  const rows = await jobs(db)
    .where(
      'job.id',
      'in',
      sql<string>`(
      select j.id from project p cross join lateral
        (select id from job where project_id = p.id order by index desc limit ${jobsPerProject}) j)`,
    )
    .orderBy('job.index', 'desc')
    .execute()
  const shown = Map.groupBy(await showJobs(db, rows, mayWrite), (job) => job.projectId)
  return {
    projects: projects
      .map((row) => ({ project: showProject(row, publicUrl), jobs: shown.get(row.id) ?? [] }))
      .sort((a, b) => urgency(b.jobs) - urgency(a.jobs)),
    remoteTemplate: hasForge ? localRemote(publicUrl, localAccount, 'NAME') : null,
    agentsOnline: await countOnline(db),
  }
}

function urgency(own: { jobStatus: string; jobPhase: string }[]): number {
  const newest = own[0]
  if (newest === undefined) return 0
  if (newest.jobStatus === 'Failure') return 3
  return newest.jobPhase === 'Done' ? 1 : 2
}

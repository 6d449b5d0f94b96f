import type { Selectable } from 'kysely'
import type { Reads, Tx } from '../db/connect.ts'
import type { Job } from '../db/generated/tables.ts'

export type JobRow = Selectable<Job>

/** Jobs with the slugs of their addresses. */
export function jobs(db: Reads) {
  return db
    .selectFrom('job')
    .innerJoin('project', 'project.id', 'job.project_id')
    .innerJoin('account', 'account.id', 'project.account_id')
    .innerJoin('forge', 'forge.id', 'account.forge_id')
    .leftJoin('job as original', 'original.id', 'job.rerun_of')
    .leftJoin('job as successor', 'successor.id', 'job.superseded_by')
    .leftJoin('person as canceller', 'canceller.id', 'job.cancelled_by')
    .selectAll('job')
    .select([
      'project.slug as project',
      'project.account_id',
      'account.slug as account',
      'forge.slug as site',
      'original.index as rerun_of_index',
      'successor.index as superseded_by_index',
      'canceller.name as cancelled_by_name',
    ])
}

export type JobWithAddress = Awaited<ReturnType<ReturnType<typeof jobs>['executeTakeFirstOrThrow']>>

/** The job, locked until the transaction ends. */
export function lockJob(tx: Tx, id: string): Promise<JobRow | undefined> {
  return tx.selectFrom('job').selectAll().where('id', '=', id).forUpdate().executeTakeFirst()
}

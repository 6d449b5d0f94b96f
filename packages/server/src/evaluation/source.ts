import type { Reads } from '../db/connect.ts'
import type { TaskRow } from '../dispatch/task.ts'

/** The commit that an evaluation task is about, and where its repository is. */
export function sourceOfTask(db: Reads, task: TaskRow) {
  return db
    .selectFrom('job')
    .innerJoin('project', 'project.id', 'job.project_id')
    .innerJoin('account', 'account.id', 'project.account_id')
    .select(['job.rev', 'project.slug as project', 'account.slug as account'])
    .where('job.id', '=', task.subject)
    .executeTakeFirst()
}

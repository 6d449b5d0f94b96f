import { GitInput } from '@firn/contract/agent/task'
import { z } from 'zod'
import type { Reads } from '../db/connect.ts'
import type { TaskRow } from '../dispatch/task.ts'

/** The commit that an evaluation task is about, and where its repository is. */
export function sourceOfTask(db: Reads, task: TaskRow) {
  return db
    .selectFrom('job')
    .innerJoin('project', 'project.id', 'job.project_id')
    .innerJoin('account', 'account.id', 'project.account_id')
    .select(['job.rev', 'job.extra_inputs', 'project.slug as project', 'account.slug as account'])
    .where('job.id', '=', task.subject)
    .executeTakeFirst()
}

const Inputs = z.record(z.string(), GitInput)

/** Whether an evaluation task may read a repository: that of its own commit, or of an extra input of its job. */
export async function mayRead(db: Reads, task: TaskRow, name: { account: string; project: string }): Promise<boolean> {
  const source = await sourceOfTask(db, task)
  if (source === undefined) return false
  const inputs = Object.values(Inputs.parse(source.extra_inputs))
  const readable = [source, ...inputs.map(({ owner, name: project }) => ({ account: owner, project }))]
  return readable.some(({ account, project }) => account === name.account && project === name.project)
}

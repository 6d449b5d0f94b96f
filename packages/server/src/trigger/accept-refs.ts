import { chooseDefaultBranch } from '@firn/core/trigger/default-branch'
import { findAccountBySite, localForge } from '../catalog/accounts.ts'
import { ensureProject, type ProjectRow, setDefaultBranch } from '../catalog/projects.ts'
import type { Db } from '../db/connect.ts'
import type { Nudges } from '../db/nudges.ts'
import { transact } from '../db/transact.ts'
import { dispatchTopic } from '../dispatch/enqueue.ts'
import { readCommits, readHead, readRefs, setHead } from '../forge/git/commits.ts'
import type { LocalForge } from '../forge/git/local-forge.ts'
import type { RepositoryName } from '../forge/git/repositories.ts'
import { noteRefs } from '../forge/refs.ts'
import { type CreatedJob, createPushJob } from '../job/create-job.ts'
import { outboxTopic } from '../outbox/relay.ts'

export type AcceptNeeds = { db: Db; nudges: Nudges; forge: LocalForge }

export type Accepted = { project: ProjectRow; jobs: CreatedJob[] }

/**
 * Makes a job for each branch and tag of a local repository that is not where it was when last looked at. The
 * repository is the truth: it does not matter who moved the ref or whether anybody said so, and looking twice makes
 * no second job. The first look makes the project. A deleted ref makes no job (hercules-ci.md 2.7.6).
 * @returns undefined when the account does not exist, or the project follows a repository elsewhere
 */
export async function acceptRefs(
  { db, nudges, forge }: AcceptNeeds,
  name: RepositoryName,
): Promise<Accepted | undefined> {
  const repository = forge.repositories.path(name)
  const account = await findAccountBySite(db, localForge, name.account)
  if (account === undefined) return undefined

  const accepted = await transact(db, async (tx) => {
    const project = await ensureProject(tx, account.id, name.project)
    if (project.remote_url !== null) return undefined
    // Read under the project's lock, so that of two pushes at once the later look sees both.
    await tx.selectFrom('project').select('id').where('id', '=', project.id).forUpdate().execute()
    const refs = await readRefs(forge.git, repository)
    const moved = await noteRefs(tx, project.id, refs)
    const commits = await readCommits(forge.git, repository, new Set(moved.map((move) => move.rev)))
    const byRev = new Map(commits.map((commit) => [commit.rev, commit]))
    const jobs: CreatedJob[] = []
    for (const { ref, rev } of moved) {
      const commit = byRev.get(rev)
      if (commit) jobs.push(await createPushJob(tx, project, { ref, commit }))
    }
    const branch = chooseDefaultBranch(project.default_branch, await readHead(forge.git, repository), [...refs.keys()])
    if (branch !== null && branch !== project.default_branch) {
      await setDefaultBranch(tx, project.id, branch)
      await setHead(forge.git, repository, branch)
    }
    return { project, jobs }
  })
  nudges.send(outboxTopic)
  nudges.send(dispatchTopic)
  return accepted
}

/** Looks at every repository: finds what was pushed while nobody was there to note it. */
export async function acceptAllRefs(needs: AcceptNeeds): Promise<void> {
  for (const name of await needs.forge.repositories.list()) await acceptRefs(needs, name)
}

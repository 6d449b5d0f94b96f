import { chooseDefaultBranch } from '@firn/core/trigger/default-branch'
import { movesThatCount } from '@firn/core/trigger/moves-that-count'
import { findProject, type ProjectRow, setDefaultBranch } from '../catalog/projects.ts'
import type { Db, Tx } from '../db/connect.ts'
import type { Nudges } from '../db/nudges.ts'
import { transact } from '../db/transact.ts'
import { dispatchTopic } from '../dispatch/enqueue.ts'
import { type Commit, readCommits } from '../forge/git/commits.ts'
import type { Forge } from '../forge/open-repository.ts'
import { movedRefs, noteRefs, type RefMove } from '../forge/refs.ts'
import type { Remote } from '../forge/remote/login.ts'
import type { Failure, Listed } from '../forge/remote/remote-git.ts'
import { forEachDue, isUnchanged, type LookState, noteFailure, noteSeen, readRemote } from '../forge/remote/remotes.ts'
import { createPushJob } from '../job/create-job.ts'
import { announce } from '../outbox/announce.ts'
import { outboxTopic } from '../outbox/relay.ts'

export type LookNeeds = { db: Db; nudges: Nudges; key: Buffer; forge: Forge }

/** Looks at the repositories elsewhere that are due: one turn of the loop that finds out what moved there. */
export function lookAtRemotes(needs: LookNeeds): Promise<void> {
  return forEachDue(needs.db, (projectId) => lookAtRemote(needs, projectId))
}

type Known = { remote: Remote; state: LookState; project: ProjectRow }
type Seen = {
  ok: true
  listed: Extract<Listed, { ok: true }>
  branch: string | null
  counted: RefMove[]
  commits: Commit[]
}

/**
 * Makes a job for each branch and tag that is not where it was at the last look; at the first sight only for the default
 * branch. What moved while nobody looked is found; a deleted ref makes no job (hercules-ci.md 2.7.4, 2.7.6).
 */
async function lookAtRemote(needs: LookNeeds, projectId: string): Promise<void> {
  const { db, nudges, key } = needs
  const read = await readRemote(db, key, projectId)
  const project = await findProject(db, projectId)
  if (read === undefined || project === undefined) return
  const known = { ...read, project }
  const seen = await look(needs, known)
  await transact(db, (tx) => (seen.ok ? save(tx, known, seen) : saveFailure(tx, known, seen.reason)))
  nudges.send(outboxTopic)
  nudges.send(dispatchTopic)
}

/** Asks the repository, and has the commits that make jobs in the mirror. */
async function look({ db, forge }: LookNeeds, { remote, state, project }: Known): Promise<Seen | Failure> {
  const listed = await forge.remoteGit.list(remote)
  if (!listed.ok) return listed
  const { refs, head } = listed
  // Of a repository elsewhere its own HEAD says which branch is the default one.
  const kept = head === null ? project.default_branch : null
  const branch = chooseDefaultBranch(kept, head ?? '', [...refs.keys()]) ?? project.default_branch
  const moved = await movedRefs(db, project.id, refs)
  const counted = movesThatCount(moved, { isFirstSight: state.seenAt === null, defaultBranch: branch })
  const opened = await forge.mirrors.open(remote, counted)
  if (!opened.ok) return opened
  try {
    const commits = await readCommits(forge.git, opened.path, new Set(counted.map((move) => move.rev)))
    return { ok: true, listed, branch, counted, commits }
  } finally {
    opened.release()
  }
}

async function save(tx: Tx, { remote, state, project }: Known, seen: Seen): Promise<void> {
  const { listed, branch, counted, commits } = seen
  await tx.selectFrom('project').select('id').where('id', '=', project.id).forUpdate().execute()
  const now = await findProject(tx, project.id)
  // What was seen is of the past already: the next look is on its way.
  if (now === undefined || !(await isUnchanged(tx, remote, state))) return
  await noteRefs(tx, project.id, listed.refs)
  const byRev = new Map(commits.map((commit) => [commit.rev, commit]))
  for (const { ref, rev } of counted) {
    const commit = byRev.get(rev)
    if (commit) await createPushJob(tx, now, { ref, commit })
  }
  const isNewBranch = branch !== null && branch !== now.default_branch
  if (isNewBranch) await setDefaultBranch(tx, project.id, branch)
  await noteSeen(tx, remote, state, listed.hostKeys)
  if (state.seenAt === null || state.failures > 0 || isNewBranch)
    await announce(tx, { kind: 'project.changed', projectId: project.id })
}

async function saveFailure(tx: Tx, { remote, state, project }: Known, reason: string): Promise<void> {
  if (!(await isUnchanged(tx, remote, state))) return
  await noteFailure(tx, project.id, state, reason)
  await announce(tx, { kind: 'project.changed', projectId: project.id })
}

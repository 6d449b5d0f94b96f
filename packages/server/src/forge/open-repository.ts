import type { Reads } from '../db/connect.ts'
import type { LocalForge } from './git/local-forge.ts'
import type { Mirrors, OpenedRepository, Wanted } from './remote/mirrors.ts'
import type { Failure, RemoteGit } from './remote/remote-git.ts'
import { readRemote } from './remote/remotes.ts'

/** All that knows where repositories are. */
export type Forge = LocalForge & { remoteGit: RemoteGit; mirrors: Mirrors }

export type ProjectPlace = { id: string; account: string; slug: string; remote_url: string | null }

/** A project's repository on this machine with these commits in it: the local forge's own, or a mirror. Release it. */
export async function openRepository(
  { db, key, forge }: { db: Reads; key: Buffer; forge: Forge },
  project: ProjectPlace,
  wanted: readonly Wanted[],
): Promise<OpenedRepository | Failure> {
  if (project.remote_url === null) {
    const path = forge.repositories.path({ account: project.account, project: project.slug })
    return { ok: true, path, release: () => {} }
  }
  const found = await readRemote(db, key, project.id)
  if (found === undefined) return { ok: false, reason: 'The repository is not there any more.' }
  return forge.mirrors.open(found.remote, wanted)
}

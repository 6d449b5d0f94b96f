import type { Readable } from 'node:stream'
import { Refusal } from '@firn/base/refusal'
import type { RepositoryFile } from '@firn/contract/api/file'
import type { ProjectRow } from '../catalog/projects.ts'
import { found } from '../catalog/routes.ts'
import type { Db } from '../db/connect.ts'
import { followPath, hasCommit, readFolder, readText, type TreeEntry } from '../forge/git/tree.ts'
import { type Forge, openRepository } from '../forge/open-repository.ts'

export type FileNeeds = { db: Db; key: Buffer; forge: Forge }

/** A path of a commit, both checked by the contract's schemas. */
export type FilePlace = { project: ProjectRow; rev: string; path: string }

/** Of a larger file nobody reads all on a page. */
const textBytesMax = 2 * 1024 * 1024
const entriesMax = 10_000
/** PATH_MAX of Linux: a longer target leads nowhere. */
const targetBytesMax = 4096

/**
 * What stands at a path of a commit, as it stands in the repository: nothing is followed out of it.
 * @throws Refusal where the repository has no such commit, or it no such path
 */
export async function readFile(needs: FileNeeds, place: FilePlace): Promise<RepositoryFile> {
  const { path: repository, release } = await openCommit(needs, place)
  try {
    return await show(needs, repository, await entryAt(needs, repository, place))
  } finally {
    release()
  }
}

async function show({ forge: { git } }: FileNeeds, repository: string, entry: TreeEntry): Promise<RepositoryFile> {
  const bytes = entry.bytes ?? 0
  switch (entry.kind) {
    case 'folder': {
      const all = await readFolder(git, repository, entry.id)
      const entries = all.slice(0, entriesMax).map(({ name, kind, bytes }) => ({ name, kind, bytes }))
      return { kind: 'folder', entries, total: all.length }
    }
    case 'submodule':
      return { kind: 'submodule', rev: entry.id }
    case 'symlink':
      return { kind: 'symlink', target: bytes > targetBytesMax ? null : await readText(git, repository, entry.id) }
    case 'file': {
      const { kind, isExecutable } = entry
      if (bytes > textBytesMax) return { kind, bytes, isExecutable, text: null, withheld: 'large' }
      const text = await readText(git, repository, entry.id)
      // Git tells binary files by the same sign.
      if (text.includes('\0')) return { kind, bytes, isExecutable, text: null, withheld: 'binary' }
      return { kind, bytes, isExecutable, text, withheld: null }
    }
  }
}

/**
 * The content of a file, of any size.
 * @throws Refusal as above, and where something else than a file stands there
 */
export async function streamFile(
  needs: FileNeeds,
  place: FilePlace,
): Promise<{ name: string; bytes: number; content: Readable }> {
  const { path: repository, release } = await openCommit(needs, place)
  try {
    const { kind, id, name, bytes } = await entryAt(needs, repository, place)
    if (kind !== 'file' || bytes === null)
      throw new Refusal('NOT_FOUND', `${place.path || 'The root'} is a ${kind}, not a file.`)
    const content = needs.forge.git.stream(repository, ['cat-file', 'blob', id])
    content.once('close', release)
    return { name, bytes, content }
  } catch (error) {
    release()
    throw error
  }
}

/** The project's repository, once it has the commit. Release it. */
async function openCommit(needs: FileNeeds, { project, rev }: FilePlace): Promise<{ path: string; release(): void }> {
  // A host may give out commits of others by their id: only those that were built are fetched from it.
  const isFetched = project.remote_url !== null && (await isOfJob(needs.db, project.id, rev))
  const opened = await openRepository(needs, project, isFetched ? [{ ref: `refs/firn/${rev}`, rev }] : [])
  if (!opened.ok) throw new Refusal('SERVICE_UNAVAILABLE', `The repository could not be read. ${opened.reason}`)
  const isThere = await hasCommit(needs.forge.git, opened.path, rev)
  if (!isThere) opened.release()
  return found(isThere ? opened : undefined, 'commit')
}

async function isOfJob(db: Db, projectId: string, rev: string): Promise<boolean> {
  const jobs = db.selectFrom('job').select('id').where('project_id', '=', projectId).where('rev', '=', rev)
  return (await jobs.limit(1).executeTakeFirst()) !== undefined
}

async function entryAt({ forge }: FileNeeds, repository: string, { rev, path }: FilePlace): Promise<TreeEntry> {
  const end = await followPath(forge.git, repository, { rev, path })
  if (end.is === 'found') return end.entry
  throw new Refusal('NOT_FOUND', whyLost(end.at, end.entry))
}

function whyLost(at: string, entry: TreeEntry | undefined): string {
  switch (entry?.kind) {
    case 'symlink':
      return `${at} is a symbolic link, which is not followed.`
    case 'submodule':
      return `${at} is a submodule: what it holds is in another repository, at its commit ${entry.id}.`
    case 'file':
      return `${at} is a file, not a folder.`
    default:
      return `This commit has no ${at}.`
  }
}

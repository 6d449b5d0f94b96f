import type { FolderEntry } from '@firn/contract/api/file'
import type { Git } from './git.ts'

/** A name in a folder of a commit. `id` is what Git calls the object; `bytes` is null for what is no file. */
export type TreeEntry = FolderEntry & { id: string; isExecutable: boolean }

export async function hasCommit(git: Git, repository: string, rev: string): Promise<boolean> {
  const type = await git.run(repository, ['cat-file', '-t', rev]).catch(() => '')
  return type.trim() === 'commit'
}

/**
 * What a folder holds. Git is given ids only, never a name: none can be read as an option or a pattern.
 * @param id of a tree, or of a commit for its root
 */
export async function readFolder(git: Git, repository: string, id: string): Promise<TreeEntry[]> {
  const listed = await git.run(repository, ['ls-tree', '-z', '--long', id])
  return listed.split('\0').flatMap((line) => parseEntry(line) ?? [])
}

const entryForm = /^(?<mode>\d+) \w+ (?<id>[0-9a-f]+) +(?<bytes>\d+|-)\t(?<name>.+)$/s

function parseEntry(line: string): TreeEntry | undefined {
  const { mode, id, bytes, name } = entryForm.exec(line)?.groups ?? {}
  if (mode === undefined || id === undefined || name === undefined) return undefined
  return { name, kind: kindOf(mode), id, bytes: bytes === '-' ? null : Number(bytes), isExecutable: mode === '100755' }
}

function kindOf(mode: string): TreeEntry['kind'] {
  if (mode === '040000') return 'folder'
  if (mode === '120000') return 'symlink'
  return mode === '160000' ? 'submodule' : 'file'
}

/** Where a path leads: to something, or only so far, to what holds nothing (undefined: to a name that is not there). */
export type PathEnd = { is: 'found'; entry: TreeEntry } | { is: 'lost'; at: string; entry: TreeEntry | undefined }

/**
 * Follows a path, folder by folder. Names that are no UTF-8 are found as they are shown, with U+FFFD in them; of several that
 * are shown alike the first.
 */
export async function followPath(
  git: Git,
  repository: string,
  { rev, path }: { rev: string; path: string },
): Promise<PathEnd> {
  let entry = rootOf(rev)
  const passed: string[] = []
  for (const name of path === '' ? [] : path.split('/')) {
    if (entry.kind !== 'folder') return { is: 'lost', at: passed.join('/'), entry }
    passed.push(name)
    const next = (await readFolder(git, repository, entry.id)).find((one) => one.name === name)
    if (next === undefined) return { is: 'lost', at: passed.join('/'), entry: undefined }
    entry = next
  }
  return { is: 'found', entry }
}

const rootOf = (rev: string): TreeEntry => ({ name: '', kind: 'folder', id: rev, bytes: null, isExecutable: false })

/** The content of a file, or where a symbolic link leads, as UTF-8; what is none becomes U+FFFD. */
export function readText(git: Git, repository: string, id: string): Promise<string> {
  return git.run(repository, ['cat-file', 'blob', id])
}

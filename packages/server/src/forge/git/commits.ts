import type { Git } from './git.ts'

/** Branches and tags of a repository with the commits they lead to; a tag of something else is left out. */
export async function readRefs(git: Git, repository: string): Promise<Map<string, string>> {
  const format = '%(refname) %(objecttype) %(objectname) %(*objecttype) %(*objectname)'
  const text = await git.run(repository, ['for-each-ref', `--format=${format}`, 'refs/heads', 'refs/tags'])
  const refs = new Map<string, string>()
  for (const line of text.split('\n')) {
    const [name, type, object, pointsToType, pointsTo] = line.split(' ')
    if (name && type === 'commit' && object) refs.set(name, object)
    else if (name && type === 'tag' && pointsToType === 'commit' && pointsTo) refs.set(name, pointsTo)
  }
  return refs
}

export type Commit = { rev: string; tree: string; message: string; committer: string; isFlake: boolean }

const messageCharsMax = 10_000

/** What a job needs to know of a commit. */
export async function readCommit(git: Git, repository: string, rev: string): Promise<Commit> {
  const text = await git.run(repository, ['show', '--no-patch', '--format=%T%x00%cn%x00%B', `${rev}^{commit}`])
  const [tree = '', committer = '', message = ''] = text.split('\0')
  return {
    rev,
    tree,
    committer: committer.slice(0, 200),
    message: message.trim().slice(0, messageCharsMax),
    isFlake: isFlakeTree(await git.run(repository, ['ls-tree', rev, 'ci.nix', 'nix/ci.nix', 'flake.nix'])),
  }
}

/** The same of several; what is no commit (a tag may lead to anything) is left out. */
export async function readCommits(git: Git, repository: string, revs: Iterable<string>): Promise<Commit[]> {
  const commits: Commit[] = []
  for (const rev of revs) {
    const type = await git.run(repository, ['cat-file', '-t', rev])
    if (type.trim() === 'commit') commits.push(await readCommit(git, repository, rev))
  }
  return commits
}

/**
 * Whether a commit is evaluated as a flake: it has a `flake.nix` and neither `ci.nix` nor `nix/ci.nix`, as regular files
 * (hercules-ci.md 1.1.1, 1.1.6).
 */
export function isFlakeTree(lsTree: string): boolean {
  const files = lsTree
    .split('\n')
    .filter((line) => line.startsWith('100'))
    .map((line) => line.slice(line.indexOf('\t') + 1))
  return files.includes('flake.nix') && !files.includes('ci.nix') && !files.includes('nix/ci.nix')
}

/** The branch that `HEAD` names, without `refs/heads/`, whether or not it exists. */
export async function readHead(git: Git, repository: string): Promise<string> {
  return (await git.run(repository, ['symbolic-ref', '--short', 'HEAD'])).trim()
}

export async function setHead(git: Git, repository: string, branch: string): Promise<void> {
  await git.run(repository, ['symbolic-ref', 'HEAD', `refs/heads/${branch}`])
}

import type { Readable } from 'node:stream'
import type { Git } from './git.ts'

/** A commit's files as a gzipped tar with one top folder, `name` (hercules-ci.md 1.2.1). No `.git`, no submodules. */
export function archive(git: Git, repository: string, { rev, name }: { rev: string; name: string }): Readable {
  return git.stream(repository, ['archive', '--format=tar.gz', `--prefix=${name}/`, rev])
}

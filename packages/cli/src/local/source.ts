/** The folder of a local evaluation as the source that the agent's evaluation takes, and words on what of it counts. */
import { cp, lstat, stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { ClonedInput } from '@firn/agent/task/evaluate/program'
import { localSource, type Source } from '@firn/agent/task/evaluate/source'
import { count } from '@firn/core/status/job-sentence'
import type { Git } from '../up/checkout.ts'
import type { LocalCheckout } from './checkout.ts'

export type SourceNeeds = { git: Git; folder: string; inputs: Record<string, ClonedInput> }

/**
 * Files are evaluated as they lie in the folder; a flake consists of the files that Git tracks, with their changes, as
 * Nix has it for `git+file:` (hercules-ci.md 1.2.6). A flake that the evaluator could not be shown in its place is copied.
 * @throws with a sentence for the user: Git does not track the flake
 */
export async function openLocalSource(needs: SourceNeeds, checkout: LocalCheckout): Promise<Source> {
  const source = await localSource(checkout.folder)
  const isTop = checkout.top === checkout.folder
  if (source.flake !== undefined && isTop) await requireTracked(needs.git, checkout.folder)
  if (source.flake === undefined || (await isShowable(source.checkout))) return { ...source, inputs: needs.inputs }
  const copy = join(needs.folder, 'flake')
  if (isTop) await cloneTracked(needs, checkout.folder, copy)
  else await cp(checkout.folder, copy, { recursive: true, verbatimSymlinks: true })
  return { ...(await localSource(copy)), inputs: needs.inputs }
}

/** Nix would say that the file is not there, which it is. */
async function requireTracked(git: Git, folder: string): Promise<void> {
  if ((await git(folder, 'ls-files', '--', 'flake.nix')) !== '') return
  throw new Error(`Git does not track flake.nix, so it is no part of the flake. Run in ${folder}: git add flake.nix`)
}

/**
 * Nix 2.8 does not read flakes at paths with other characters. The repository of a worktree, and the objects that a clone
 * borrows from another, lie outside the folder, where the evaluator sees nothing.
 */
async function isShowable(folder: string): Promise<boolean> {
  if (!/^[A-Za-z0-9._/-]+$/.test(folder)) return false
  const repository = await lstat(join(folder, '.git')).catch(() => undefined)
  if (repository === undefined) return true
  const borrows = await lstat(join(folder, '.git/objects/info/alternates')).catch(() => undefined)
  return repository.isDirectory() && borrows === undefined
}

/** A clone of the commit that needs no other repository, with the changes of the files that Git tracks. */
async function cloneTracked({ git, folder }: SourceNeeds, from: string, to: string): Promise<void> {
  // Where files are linked instead of being fetched, Git forgets that the repository of a worktree is shallow.
  const isShallow = (await git(from, 'rev-parse', '--is-shallow-repository')) === 'true'
  const how = isShallow ? '--no-local' : '--local'
  await git(from, 'clone', '--quiet', '--no-checkout', '--dissociate', how, '--', from, to)
  await git(to, 'checkout', '--quiet', '--detach', await git(from, 'rev-parse', 'HEAD'))
  const patch = join(folder, 'flake.patch')
  const plain = ['--no-ext-diff', '--no-color', '--no-textconv', '--src-prefix=a/', '--dst-prefix=b/']
  await git(from, 'diff', '--binary', '--full-index', ...plain, `--output=${patch}`, 'HEAD')
  if ((await stat(patch)).size > 0) await git(to, 'apply', '--index', '--whitespace=nowarn', patch)
}

/** What is evaluated that is not in the commit, and what is not evaluated though it lies there. */
export function describeChanges(source: Source, { top, folder, changed, untracked }: LocalCheckout): string[] {
  if (top === undefined) return []
  if (source.flake === undefined) {
    const files = changed + untracked
    return files === 0 ? [] : [`${count(files, 'file')} not committed: evaluated as they lie here.`]
  }
  if (top !== folder) return ['A flake below the top of a checkout: evaluated with every file of its folder.']
  return [
    ...(changed === 0 ? [] : [`${count(changed, 'change')} not committed: part of the flake as Nix sees it.`]),
    ...(untracked === 0 ? [] : [`${count(untracked, 'untracked file')}: not part of the flake (git add them).`]),
  ]
}

/** What Git says of the folder that is evaluated without a server, in place of what a forge says of a push. */
import { realpath, stat } from 'node:fs/promises'
import { basename, resolve } from 'node:path'
import type { Commit } from '@firn/core/traversal/git-source'
import type { Git } from '../up/checkout.ts'
import { parseRemote } from './remote.ts'

/** What the user says of the commit; it goes before what Git says. */
export type Pretended = {
  ref?: string | undefined
  rev?: string | undefined
  owner?: string | undefined
  name?: string | undefined
}

export type LocalCheckout = {
  folder: string
  commit: Commit
  /** the folder of the checkout that it is in, or is; undefined outside Git */
  top: string | undefined
  /** files that differ from the commit, and such as Git does not know */
  changed: number
  untracked: number
  /** what a person should know */
  notes: string[]
}

/** Of a folder that Git says nothing of. */
const unknownRev = '0'.repeat(40)
const unknownRef = 'refs/heads/main'

/** @throws with a sentence for the user */
export async function readLocalCheckout(git: Git, path: string, pretended: Pretended): Promise<LocalCheckout> {
  const folder = await realpath(resolve(path)).catch(() => {
    throw new Error(`There is no folder ${path}.`)
  })
  if (!(await stat(folder)).isDirectory()) throw new Error(`${path} is a file; name the folder of a checkout.`)
  const asked = await git(folder, 'rev-parse', '--show-toplevel').then(
    (top) => ({ top }),
    (error: unknown) => ({ problem: error instanceof Error ? error.message : String(error) }),
  )
  const rev = pretended.rev === undefined ? undefined : await resolveRev(git, folder, pretended.rev)
  const ref = pretended.ref === undefined ? undefined : fullRef(pretended.ref)
  const { owner, name } = pretended
  if ('problem' in asked) {
    const commit = { ref: ref ?? unknownRef, rev: rev ?? unknownRev, owner, name: name ?? basename(folder) }
    return { folder, commit, top: undefined, changed: 0, untracked: 0, notes: outside(asked.problem, commit) }
  }
  const top = await realpath(asked.top)
  const remote = await readRemote(git, folder)
  const head = await git(folder, 'rev-parse', '--verify', '--quiet', 'HEAD^{commit}').catch(() => unknownRev)
  const commit = {
    ...remote,
    ref: ref ?? (await readRef(git, folder)),
    rev: rev ?? head,
    owner: owner ?? remote?.owner,
    name: name ?? remote?.name ?? basename(top),
  }
  const notes = top === folder ? [] : [`${folder} is evaluated as if it was the top of its checkout ${top}.`]
  return { folder, commit, top, ...(await countChanges(git, folder)), notes }
}

/** Silent where there is simply no repository; a repository that Git will not read is told in its words. */
function outside(problem: string, { ref, rev }: Commit): string[] {
  const said = /dubious ownership/.test(problem) ? [`Git does not read this checkout: ${lastLine(problem)}`] : []
  return [...said, `Not a Git checkout: evaluated as commit ${rev.slice(0, 7)} of ${ref}.`]
}

function lastLine(text: string): string {
  return text.trim().split('\n').at(-1)?.trim() ?? ''
}

async function readRef(git: Git, folder: string): Promise<string> {
  const branch = await git(folder, 'symbolic-ref', '--quiet', 'HEAD').catch(() => undefined)
  if (branch !== undefined) return branch
  const tag = await git(folder, 'describe', '--exact-match', '--tags', 'HEAD').catch(() => undefined)
  return tag === undefined ? 'HEAD' : `refs/tags/${tag}`
}

/** The remote that the branch follows, else `origin`, else the only one. */
async function readRemote(git: Git, folder: string) {
  const branch = await git(folder, 'symbolic-ref', '--quiet', '--short', 'HEAD').catch(() => '')
  const followed = await git(folder, 'config', `branch.${branch}.remote`).catch(() => undefined)
  const all = (await git(folder, 'remote').catch(() => '')).split('\n')
  const name = [followed, 'origin', all[0]].find((candidate) => candidate !== undefined && all.includes(candidate))
  if (name === undefined || name === '') return undefined
  return parseRemote(await git(folder, 'remote', 'get-url', name).catch(() => ''))
}

function fullRef(ref: string): string {
  if (!/^[^\s~^:?*[\\]+$/.test(ref)) throw new Error(`${ref} is not the name of a Git ref.`)
  return ref.startsWith('refs/') || ref === 'HEAD' ? ref : `refs/heads/${ref}`
}

/** Anything that Git can resolve here; a full revision may be one that this repository does not have. */
async function resolveRev(git: Git, folder: string, rev: string): Promise<string> {
  if (/^([0-9a-f]{40}|[0-9a-f]{64})$/.test(rev)) return rev
  return await git(folder, 'rev-parse', '--verify', '--quiet', '--end-of-options', `${rev}^{commit}`).catch(() => {
    throw new Error(`--rev must be a full revision or one that Git knows in ${folder}, not ${rev}.`)
  })
}

async function countChanges(git: Git, folder: string): Promise<{ changed: number; untracked: number }> {
  const lines = (await git(folder, 'status', '--porcelain', '--', '.').catch(() => '')).split('\n').filter(Boolean)
  const untracked = lines.filter((line) => line.startsWith('??')).length
  return { changed: lines.length - untracked, untracked }
}

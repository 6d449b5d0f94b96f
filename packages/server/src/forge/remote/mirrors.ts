import { randomUUID } from 'node:crypto'
import { mkdir, readdir, rename, rm, stat, utimes } from 'node:fs/promises'
import { join } from 'node:path'
import type { Git } from '../git/git.ts'
import type { Remote } from './login.ts'
import type { Failure, RemoteGit } from './remote-git.ts'

/** A commit that somebody needs, and the ref that it was found at. */
export type Wanted = { ref: string; rev: string }

/** A bare repository that holds the wanted commits until it is released. */
export type OpenedRepository = { ok: true; path: string; release(): void }

export type Mirrors = {
  /** The folder of all: a mirror is `FOLDER/PROJECT-ID.git`. */
  folder: string
  /** Fetches what is missing of the wanted commits, one fetch of a repository at a time. */
  open(remote: Remote, wanted: readonly Wanted[]): Promise<OpenedRepository | Failure>
}

type Needs = { folder: string; git: Git; remoteGit: RemoteGit; bytesMax: number }

/** `users` keep it from being thrown away; `last` is the fetch that the next one waits for. */
type Entry = { users: number; last: Promise<unknown>; isSwept: boolean }

/**
 * Copies of repositories elsewhere, with the commits that jobs needed. A cache: any replica makes it again, and the mirrors
 * that were not used for longest go when all together are larger than `bytesMax`.
 */
export function openMirrors(needs: Needs): Mirrors {
  const entries = new Map<string, Entry>()
  const pathOf = (id: string) => join(needs.folder, `${id}.git`)
  return {
    folder: needs.folder,
    async open(remote, wanted) {
      const entry = entries.get(remote.projectId) ?? { users: 0, last: Promise.resolve(), isSwept: false }
      entries.set(remote.projectId, entry)
      entry.users++
      const path = pathOf(remote.projectId)
      const brought = entry.last.then(() => bring(needs, { remote, wanted, path, entry }))
      entry.last = brought.catch(() => {})
      const release = () => void entry.users--
      try {
        const result = await brought
        if (!result.ok) release()
        else if (result.fetched) await trim(needs, (id) => (entries.get(id)?.users ?? 0) > 0)
        return result.ok ? { ok: true, path, release } : result
      } catch (error) {
        release()
        throw error
      }
    },
  }
}

type Brought = { ok: true; fetched: boolean } | Failure

/** Fetching names each commit that is there with everything behind it: a commit without such a name may be half of one. */
const keptAs = (rev: string) => `refs/firn/${rev}`

async function bring(
  { folder, git, remoteGit }: Needs,
  { remote, wanted, path, entry }: { remote: Remote; wanted: readonly Wanted[]; path: string; entry: Entry },
): Promise<Brought> {
  await ensureMirror(git, folder, path)
  if (!entry.isSwept) await removeLocks(path)
  entry.isSwept = true
  await utimes(path, new Date(), new Date())
  const kept = new Set((await git.run(path, ['for-each-ref', '--format=%(refname)', 'refs/firn'])).split('\n'))
  const missing = wanted.filter(({ rev }) => !kept.has(keptAs(rev)))
  for (let at = 0; at < missing.length; at += commitsPerFetch) {
    const part = missing.slice(at, at + commitsPerFetch)
    const fetched = await fetchCommits({ git, remoteGit, remote, path }, part)
    if (!fetched.ok) return fetched
  }
  for (const want of wanted) await pointAt(git, path, want)
  return { ok: true, fetched: missing.length > 0 }
}

/** They stand on a command line. */
const commitsPerFetch = 200

type Fetching = { git: Git; remoteGit: RemoteGit; remote: Remote; path: string }

async function fetchCommits(
  { git, remoteGit, remote, path }: Fetching,
  wanted: Wanted[],
): Promise<Failure | { ok: true }> {
  const revs = [...new Set(wanted.map((want) => want.rev))]
  const direct = await remoteGit.fetch(
    remote,
    path,
    revs.map((rev) => `+${rev}:${keptAs(rev)}`),
  )
  if (direct.ok || !/not our ref|unadvertised|couldn't find remote ref|no such remote ref/i.test(direct.reason))
    return direct
  // A host that gives refs only; or one of the commits is gone there.
  const refs = [...new Set(wanted.map((want) => want.ref))].map((ref) => `+${ref}:refs/fetched/${ref}`)
  const byRef = await remoteGit.fetch(remote, path, refs)
  for (const rev of revs) {
    const found = await git.run(path, ['update-ref', keptAs(rev), rev]).then(
      () => true,
      () => false,
    )
    if (!found) return byRef.ok ? { ok: false, reason: `It has no commit ${rev} any more.` } : byRef
  }
  return { ok: true }
}

/** Agents that fetch by ref, as Nix's own fetchers do, find the commit behind its ref. */
async function pointAt(git: Git, path: string, { ref, rev }: Wanted): Promise<void> {
  const succeeds = (...args: string[]) =>
    git.run(path, args).then(
      () => true,
      () => false,
    )
  if (await succeeds('merge-base', '--is-ancestor', rev, ref)) return
  if (await succeeds('update-ref', ref, rev)) return
  // `a` has become `a/b` meanwhile, or the other way round: the names of before are of no use to anybody.
  const names = (await git.run(path, ['for-each-ref', '--format=%(refname)', 'refs/heads', 'refs/tags'])).split('\n')
  for (const name of names.filter((one) => one !== '')) await succeeds('update-ref', '-d', name)
  await git.run(path, ['update-ref', ref, rev])
}

async function ensureMirror(git: Git, folder: string, path: string): Promise<void> {
  if (await stat(path).catch(() => undefined)) return
  await mkdir(folder, { recursive: true, mode: 0o700 })
  const partial = join(folder, `.making-${randomUUID()}`)
  await mkdir(partial)
  await git.run(partial, ['init', '--bare', '--quiet', '.'])
  await git.run(partial, ['config', 'uploadpack.allowAnySHA1InWant', 'true'])
  await git.run(partial, ['config', 'uploadpack.allowFilter', 'true'])
  await rename(partial, path)
}

/** What a Git process that was killed has left; in this process none runs here now. */
async function removeLocks(path: string): Promise<void> {
  for (const name of await readdir(path, { recursive: true }))
    if (name.endsWith('.lock')) await rm(join(path, name), { force: true })
}

/** Throws away the mirrors that were not used for longest, until the rest is small enough. */
async function trim({ folder, bytesMax }: Needs, isUsed: (projectId: string) => boolean): Promise<void> {
  const names = (await readdir(folder)).filter((name) => name.endsWith('.git'))
  const mirrors = await Promise.all(
    names.map(async (name) => {
      const path = join(folder, name)
      const [bytes, { mtimeMs }] = [await sizeOf(path), await stat(path)]
      return { id: name.slice(0, -4), path, bytes, mtimeMs }
    }),
  )
  let total = mirrors.reduce((sum, mirror) => sum + mirror.bytes, 0)
  for (const { id, path, bytes } of mirrors.sort((a, b) => a.mtimeMs - b.mtimeMs)) {
    if (total <= bytesMax) return
    if (isUsed(id)) continue
    total -= bytes
    const gone = join(folder, `.gone-${randomUUID()}`)
    await rename(path, gone)
    await rm(gone, { recursive: true, force: true })
  }
}

async function sizeOf(folder: string): Promise<number> {
  let bytes = 0
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue
    const found = await stat(join(entry.parentPath, entry.name)).catch(() => undefined)
    bytes += found?.size ?? 0
  }
  return bytes
}

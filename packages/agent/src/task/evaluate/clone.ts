/**
 * A repository at an exact commit, fetched by the agent itself (decisions.md "source of a job"): Nix's own fetchers refuse
 * plain http and would need the credentials inside the evaluator. The evaluator gets the clone as
 * `git+file://<dir>?ref=HEAD&rev=<rev>`.
 */
import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type { Backoff, Try } from '@firn/base/backoff'
import { retry } from '@firn/base/backoff'
import type { GitCredential } from '@firn/contract/agent/task'
import type { ClonedInput } from './program.ts'

export type CloneOptions = {
  url: string
  rev: string
  /** does not exist yet */
  dir: string
  /** 0700, not visible to the evaluator */
  secureFolder: string
  credentials: readonly GitCredential[]
  backoff: Backoff
  signal: AbortSignal
  environment: Record<string, string>
}

export type Cloned = { ok: true; clone: ClonedInput } | { ok: false; reason: string }

/**
 * `submodulesOf`: Nix will fetch the clone like any repository, with its submodules: that takes a branch, the ancestors' files,
 * and this address of it, which theirs may be relative to.
 */
export async function cloneCommit(options: CloneOptions & { submodulesOf?: string }): Promise<Cloned> {
  const { url, dir, rev, submodulesOf } = options
  if (!isRevision(rev)) return { ok: false, reason: `${JSON.stringify(rev)} is not a full Git revision` }
  const git = await openGit(options)
  const prepared = await git('init', '--quiet', dir)
  if (!prepared.ok) return prepared
  await git('remote', 'add', 'origin', url)
  const fetched = await fetching(options, () =>
    submodulesOf === undefined ? fetchCommit(git, options) : fetchAll(git, rev),
  )
  if (!fetched.ok) return fetched
  const checkedOut = await git('checkout', '--quiet', '--detach', rev)
  if (!checkedOut.ok) return checkedOut
  if (submodulesOf !== undefined) await git('remote', 'set-url', 'origin', submodulesOf)
  const more = submodulesOf === undefined ? '' : '&submodules=1'
  return { ok: true, clone: { dir, rev, url: `git+file://${encodeURI(dir)}?ref=HEAD&rev=${rev}${more}` } }
}

const isRevision = (text: string) => /^[0-9a-f]{40}([0-9a-f]{24})?$/.test(text)

/** Git in `dir`, with the task's logins. */
export type Git = (...args: string[]) => Promise<GitRun>

type GitRun = { ok: true; output: string } | { ok: false; reason: string }

/** `protocol`: the only one that is spoken; default: whatever Git speaks. */
export async function openGit(options: CloneOptions & { protocol?: string }): Promise<Git> {
  const { dir, signal, protocol } = options
  const env = { ...(await gitEnvironment(options)), ...(protocol !== undefined && { GIT_ALLOW_PROTOCOL: protocol }) }
  return (...args) => runGit(args[0] === 'init' ? args : ['-C', dir, ...args], { env, signal })
}

/** Tries until the server answers; what it answers is the end. */
export async function fetching(
  { backoff, signal }: Pick<CloneOptions, 'backoff' | 'signal'>,
  fetch: () => Promise<GitRun>,
): Promise<GitRun> {
  const tried = await retry({ backoff, signal, attempt: async () => judgeFetch(await fetch()) })
  return tried.ok ? tried.value : { ok: false, reason: tried.reason }
}

const quietly = ['fetch', '--quiet', '--no-tags', '--no-write-fetch-head']

async function fetchAll(git: Git, rev: string): Promise<GitRun> {
  const fetched = await git(...quietly, 'origin', `+${rev}:refs/heads/${branchOf(rev)}`)
  return fetched.ok ? fetched : { ok: false, reason: `fetching ${rev} failed: ${fetched.reason}` }
}

/** A branch for a commit that is to be found by a fetch of all branches. */
export const branchOf = (rev: string) => `at-${rev}`

/**
 * The commit with its files, and of its ancestors the commits alone, since a flake can ask how many there are
 * (`revCount`). A server that does not filter sends the ancestors' files too.
 */
async function fetchCommit(git: Git, { dir, rev }: CloneOptions): Promise<GitRun> {
  const tip = await git(...quietly, '--depth=1', 'origin', rev)
  if (!tip.ok) return { ok: false, reason: `fetching ${rev} failed: ${tip.reason}` }
  if (existsSync(join(dir, '.git', 'shallow'))) {
    const ancestors = await git(...quietly, '--unshallow', '--filter=tree:0', 'origin', rev)
    if (!ancestors.ok) return { ok: false, reason: `fetching the ancestors of ${rev} failed: ${ancestors.reason}` }
  }
  await forgetRemote(git)
  return tip
}

/** What Git says when nobody is there to answer; anything else is an answer, and asking again is no use. */
const away =
  /Could not connect|Connection refused|Connection reset|timed out|Could not resolve host|error: 5\d\d|Empty reply|early EOF|hung up/i

function judgeFetch(fetched: GitRun): Try<GitRun> {
  return !fetched.ok && away.test(fetched.reason) ? { again: fetched.reason } : { done: fetched }
}

/** Otherwise Git would fetch what is left out when it is looked at, and libgit2 would not open the repository. */
async function forgetRemote(git: Git): Promise<void> {
  await git('config', '--unset', 'extensions.partialClone')
  await git('remote', 'remove', 'origin')
}

const run = promisify(execFile)

async function runGit(args: string[], options: { env: Record<string, string>; signal: AbortSignal }): Promise<GitRun> {
  try {
    const { stdout } = await run('git', args, { ...options, maxBuffer: 16 * 1024 * 1024 })
    return { ok: true, output: stdout }
  } catch (error) {
    const text = error instanceof Error && 'stderr' in error ? String(error.stderr).trim() : ''
    return { ok: false, reason: withoutPasswords(text || (error instanceof Error ? error.message : String(error))) }
  }
}

/** A URL in Git's message may carry a password. */
function withoutPasswords(text: string): string {
  return text.replace(/(https?:\/\/)[^/@\s]+@/g, '$1')
}

/** Passwords go by file: a command line can be read by everybody on the machine. */
async function gitEnvironment({
  secureFolder,
  credentials,
  environment,
}: CloneOptions): Promise<Record<string, string>> {
  await mkdir(secureFolder, { recursive: true, mode: 0o700 })
  const file = join(secureFolder, 'git-credentials')
  await writeFile(file, credentials.flatMap(credentialLine).join(''), { mode: 0o600 })
  return {
    ...environment,
    GIT_TERMINAL_PROMPT: '0',
    GIT_CONFIG_COUNT: '2',
    GIT_CONFIG_KEY_0: 'credential.helper',
    GIT_CONFIG_VALUE_0: `store --file=${shellQuoted(file)}`,
    GIT_CONFIG_KEY_1: 'core.hooksPath',
    GIT_CONFIG_VALUE_1: '/dev/null',
  }
}

/** In the form of git-credential-store. */
function credentialLine({ url, username, password }: GitCredential): string[] {
  if (!URL.canParse(url)) return []
  const { protocol, host } = new URL(url)
  return [`${protocol}//${encodeURIComponent(username)}:${encodeURIComponent(password)}@${host}\n`]
}

function shellQuoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`
}

import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { Ref, Rev } from '@firn/contract/ids'
import { remoteProblem } from '@firn/core/trigger/remote-problem'
import type { Git } from '../git/git.ts'
import { openLogin, type Remote } from './login.ts'
import { reachOf } from './reach.ts'

export type Failure = { ok: false; reason: string }

/** `head`: the branch that HEAD names, without `refs/heads/`; null where the host does not say. */
export type Listed = { ok: true; refs: Map<string, string>; head: string | null; hostKeys: string | null } | Failure

/** Reads repositories of other hosts. Every failure is a sentence for the one who set the repository up. */
export type RemoteGit = {
  /** Its branches and tags, with the commits that they lead to. */
  list(remote: Remote): Promise<Listed>
  fetch(remote: Remote, repository: string, refspecs: string[]): Promise<{ ok: true } | Failure>
}

export type RemoteLimits = {
  privateAllowed: boolean
  /** No file that a fetch writes may be larger. */
  fileBytesMax: number
}

const listMsMax = 60_000
const fetchMsMax = 15 * 60_000
/** Of what a host answers: a hundred thousand refs have about so many bytes. */
const outputBytesMax = 16 * 1024 * 1024

const run = promisify(execFile)

/** @param signal ends what is under way: its caller is rejected, since nothing is found out about the repository */
export function openRemoteGit(git: Git, limits: RemoteLimits, signal: AbortSignal): RemoteGit {
  const speak = async (remote: Remote, args: string[], timeout: number) => {
    const reach = await reachOf(remote.url, limits.privateAllowed)
    if (!reach.ok) return reach
    await using login = await openLogin(remote, reach.addresses)
    const env = { ...git.env, ...login.env, ...configEnv(login.config), GIT_ALLOW_PROTOCOL: 'https:http:ssh' }
    const guarded = ['--pdeathsig', 'KILL', 'prlimit', `--fsize=${limits.fileBytesMax}`, 'git', ...args]
    try {
      const options = { env, cwd: '/', timeout, killSignal: 'SIGKILL' as const, maxBuffer: outputBytesMax, signal }
      const { stdout } = await run('setpriv', guarded, options)
      return { ok: true as const, stdout, hostKeys: await login.hostKeys() }
    } catch (error) {
      signal.throwIfAborted()
      return { ok: false as const, reason: reasonOf(error, timeout) }
    }
  }
  return {
    async list(remote) {
      const patterns = ['HEAD', 'refs/heads/*', 'refs/tags/*']
      const said = await speak(remote, ['ls-remote', '--symref', '--', remote.url, ...patterns], listMsMax)
      return said.ok ? { ok: true, ...parseList(said.stdout), hostKeys: said.hostKeys } : said
    },
    async fetch(remote, repository, refspecs) {
      const quietly = ['--quiet', '--no-tags', '--no-write-fetch-head', '--no-recurse-submodules', '--force']
      const args = ['-C', repository, 'fetch', ...quietly, '--', remote.url, ...refspecs]
      const said = await speak(remote, args, fetchMsMax)
      return said.ok ? { ok: true } : said
    },
  }
}

/** The first place is taken by what every Git process is told (git.ts). */
function configEnv(config: [string, string][]): Record<string, string> {
  const all: [string, string][] = [['safe.directory', '*'], ['gc.autoDetach', 'false'], ['core.askPass', ''], ...config]
  const pairs = all.flatMap(([key, value], i) => [
    [`GIT_CONFIG_KEY_${i}`, key],
    [`GIT_CONFIG_VALUE_${i}`, value],
  ])
  return { GIT_CONFIG_COUNT: String(all.length), ...Object.fromEntries(pairs) }
}

function reasonOf(error: unknown, timeoutMs: number): string {
  if (!(error instanceof Error)) return String(error)
  if ('killed' in error && error.killed === true) return `It did not answer within ${timeoutMs / 60_000} min.`
  if ('signal' in error && error.signal === 'SIGXFSZ') return remoteProblem('SIGXFSZ')
  return remoteProblem('stderr' in error && String(error.stderr) !== '' ? String(error.stderr) : error.message)
}

/** PostgreSQL's index takes no longer names, and nobody has them. */
const refCharsMax = 500

/** `ls-remote --symref`: a tag's own object is followed by the commit that it leads to, as `NAME^{}`. */
function parseList(text: string): { refs: Map<string, string>; head: string | null } {
  const refs = new Map<string, string>()
  let head: string | null = null
  for (const line of text.split('\n')) {
    const [what = '', name = ''] = line.split('\t')
    if (name === 'HEAD' && what.startsWith('ref: refs/heads/')) head = what.slice('ref: refs/heads/'.length)
    const ref = name.replace(/\^\{\}$/, '')
    if (!/^refs\/(heads|tags)\//.test(ref) || ref.length > refCharsMax) continue
    if (Ref.safeParse(ref).success && Rev.safeParse(what).success) refs.set(ref, what)
  }
  return { refs, head }
}

import { execFile } from 'node:child_process'
import { cp, mkdir, readdir, realpath, rm, stat } from 'node:fs/promises'
import { basename, join, resolve } from 'node:path'
import { promisify } from 'node:util'

const run = promisify(execFile)

export type Checkout = {
  /** The Git repository to push from, and what its HEAD is called there. */
  repository: string
  branch: string
  rev: string
  /** Name of the project: the folder's. */
  name: string
  /** What a person should know before it is pushed. */
  notes: string[]
}

/**
 * What to push for a folder: the HEAD of the checkout it is the top of; for any other folder (an example inside a larger
 * checkout, or one without Git) a commit of its files, always the same for the same files.
 * @throws with a sentence for the user
 */
export async function readCheckout(git: Git, path: string, stateFolder: string): Promise<Checkout> {
  const folder = await realpath(resolve(path)).catch(() => {
    throw new Error(`There is no folder ${path}.`)
  })
  if (!(await stat(folder)).isDirectory()) throw new Error(`${path} is a file; name the folder of a Git checkout.`)
  const name = projectName(folder)
  const top = await git(folder, 'rev-parse', '--show-toplevel').catch(() => undefined)
  if (top !== undefined && (await realpath(top)) === folder) return ofCheckout(git, folder, name)
  return ofFolder(git, { folder, name }, join(stateFolder, 'snapshots', name))
}

async function ofCheckout(git: Git, repository: string, name: string): Promise<Checkout> {
  const rev = await git(repository, 'rev-parse', '--verify', 'HEAD^{commit}').catch(() => {
    throw new Error(`${repository} has no commit yet: commit something, then start again.`)
  })
  const branch = await git(repository, 'symbolic-ref', '--short', 'HEAD').catch(() => 'main')
  const changes = await git(repository, 'status', '--porcelain')
  const notes = changes === '' ? [] : [`${name} has changes that are not committed; its HEAD is pushed without them.`]
  return { repository, branch, rev, name, notes }
}

async function ofFolder(
  git: Git,
  { folder, name }: { folder: string; name: string },
  repository: string,
): Promise<Checkout> {
  await rm(repository, { recursive: true, force: true })
  await mkdir(repository, { recursive: true })
  for (const entry of await readdir(folder))
    if (entry !== '.git')
      await cp(join(folder, entry), join(repository, entry), { recursive: true, verbatimSymlinks: true })
  await git(repository, 'init', '--quiet', '--initial-branch=main')
  await git(repository, 'add', '--all', '--force')
  await git(repository, 'commit', '--quiet', '--allow-empty', '--message', `The files of ${name}`)
  return { repository, branch: 'main', rev: await git(repository, 'rev-parse', 'HEAD'), name, notes: [] }
}

/** A project's name is part of its address: what a folder's name may have and that may not becomes a dash. */
function projectName(folder: string): string {
  const name = basename(folder)
    .replace(/[^A-Za-z0-9._-]+/g, '-')
    .replace(/^[-.]+/, '')
    .slice(0, 100)
  if (name === '') throw new Error(`The folder name of ${folder} has nothing that a project could be called by.`)
  return name
}

const author = {
  GIT_AUTHOR_NAME: 'Firn',
  GIT_AUTHOR_EMAIL: 'firn@localhost',
  GIT_AUTHOR_DATE: '2000-01-01T00:00:00Z',
  GIT_COMMITTER_NAME: 'Firn',
  GIT_COMMITTER_EMAIL: 'firn@localhost',
  GIT_COMMITTER_DATE: '2000-01-01T00:00:00Z',
}

export type Git = (repository: string, ...args: string[]) => Promise<string>

/** Git with the user's own configuration, and nothing else of the environment: no GIT_DIR, no proxy. */
export function openGit({ PATH, HOME, XDG_CONFIG_HOME }: Record<string, string | undefined>): Git {
  const env = { PATH, HOME, XDG_CONFIG_HOME, GIT_TERMINAL_PROMPT: '0', ...author, ...config }
  return async (repository, ...args) => (await run('git', ['-C', repository, ...args], { env })).stdout.trim()
}

const config = {
  GIT_CONFIG_COUNT: '2',
  GIT_CONFIG_KEY_0: 'commit.gpgSign',
  GIT_CONFIG_VALUE_0: 'false',
  GIT_CONFIG_KEY_1: 'core.autocrlf',
  GIT_CONFIG_VALUE_1: 'false',
}

/** Pushes a checkout's HEAD to its project in the local forge; the credential helper knows the token. */
export async function push(
  git: Git,
  { repository, branch, name }: Checkout,
  { url, stateFolder }: { url: string; stateFolder: string },
): Promise<void> {
  const main = new URL('../main.ts', import.meta.url).pathname
  const helper = `!${[process.execPath, main, 'git-credential', '--state', stateFolder].map(quote).join(' ')}`
  const remote = `${url}/git/local/${name}.git`
  const args = [
    '-c',
    'credential.helper=',
    '-c',
    `credential.helper=${helper}`,
    'push',
    '--quiet',
    remote,
    `+HEAD:refs/heads/${branch}`,
  ]
  try {
    await git(repository, ...args)
  } catch (error) {
    throw new Error(`The push to ${remote} failed: ${error instanceof Error ? error.message : String(error)}`)
  }
}

const quote = (word: string) => `'${word.replaceAll("'", "'\\''")}'`

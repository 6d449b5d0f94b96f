/** A host of Git repositories that is not Firn: Git's own `http-backend` over plain HTTP, with a login. */
import { execFile } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { startGitServer } from '@firn/agent/testing/git-server'

const run = promisify(execFile)

export const hostLogin = { username: 'ada', password: 'open sesame' }

export type GitHost = AsyncDisposable & {
  url: string
  /** Makes a bare repository; answers its address and the path to push to. */
  make(name: string): Promise<{ url: string; path: string }>
  /** Runs Git in a repository of the host. */
  git(name: string, ...args: string[]): Promise<string>
}

export async function startGitHost(): Promise<GitHost> {
  await using opened = new AsyncDisposableStack()
  const folder = await mkdtemp(join(tmpdir(), 'firn-test-host-'))
  opened.defer(() => rm(folder, { recursive: true, force: true }))
  const server = opened.use(await startGitServer(folder, hostLogin))
  const git = async (name: string, ...args: string[]) => {
    const { stdout } = await run('git', ['-C', join(folder, `${name}.git`), ...args])
    return stdout
  }
  const open = opened.move()
  return {
    url: server.url,
    git,
    async make(name) {
      const path = join(folder, `${name}.git`)
      await run('git', ['init', '--bare', '--quiet', '--initial-branch=main', path])
      return { url: `${server.url}/${name}.git`, path }
    },
    [Symbol.asyncDispose]: () => open.disposeAsync(),
  }
}

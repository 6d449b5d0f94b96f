import { execFile } from 'node:child_process'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'

const run = promisify(execFile)

/** A Git repository of a test, with Git itself. */
export type TestRepository = AsyncDisposable & {
  folder: string
  git(...args: string[]): Promise<string>
  /** Writes files, commits everything, answers the revision. A null removes the file. */
  commit(files: Record<string, string | null>, message?: string): Promise<string>
  /** Pushes; answers what Git printed, which holds what the server said. */
  push(url: string, ...refspecs: string[]): Promise<string>
}

export async function openRepository(): Promise<TestRepository> {
  const folder = await mkdtemp(join(tmpdir(), 'firn-test-repo-'))
  const env = {
    PATH: process.env.PATH,
    HOME: folder,
    GIT_CONFIG_NOSYSTEM: '1',
    GIT_TERMINAL_PROMPT: '0',
    GIT_AUTHOR_NAME: 'Ada',
    GIT_AUTHOR_EMAIL: 'ada@example.org',
    GIT_COMMITTER_NAME: 'Ada',
    GIT_COMMITTER_EMAIL: 'ada@example.org',
  }
  const git = async (...args: string[]) => {
    const { stdout, stderr } = await run('git', ['-C', folder, ...args], { env })
    return `${stdout}${stderr}`
  }
  await git('init', '--quiet', '--initial-branch=main')
  return {
    folder,
    git,
    async commit(files, message = 'a change') {
      for (const [name, text] of Object.entries(files)) {
        const path = join(folder, name)
        await mkdir(dirname(path), { recursive: true })
        if (text === null) await rm(path)
        else await writeFile(path, text)
      }
      await git('add', '--all')
      await git('commit', '--quiet', '--allow-empty', '--message', message)
      return (await git('rev-parse', 'HEAD')).trim()
    },
    push: (url, ...refspecs) => git('push', url, ...(refspecs.length > 0 ? refspecs : ['HEAD:refs/heads/main'])),
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }),
  }
}

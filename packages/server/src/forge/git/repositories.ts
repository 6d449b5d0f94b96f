import { randomUUID } from 'node:crypto'
import { mkdir, readdir, rename, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { Git } from './git.ts'

/** Names of accounts and projects in the local forge: they are folder names and parts of URLs. */
export const nameForm = /^[A-Za-z0-9_][A-Za-z0-9._-]{0,99}$/

export type RepositoryName = { account: string; project: string }

/** The bare repositories of the local forge: `FOLDER/ACCOUNT/PROJECT.git`. */
export type Repositories = {
  folder: string
  path(name: RepositoryName): string
  exists(name: RepositoryName): Promise<boolean>
  /** Makes it if there is none; it appears whole or not at all. */
  ensure(name: RepositoryName): Promise<void>
  list(): Promise<RepositoryName[]>
}

export function openRepositories(folder: string, git: Git): Repositories {
  const path = ({ account, project }: RepositoryName) => join(folder, account, `${project}.git`)
  const exists = (name: RepositoryName) =>
    stat(path(name)).then(
      (found) => found.isDirectory(),
      () => false,
    )
  return {
    folder,
    path,
    exists,
    async ensure(name) {
      if (await exists(name)) return
      const partial = join(folder, `.making-${randomUUID()}`)
      await mkdir(partial, { recursive: true })
      await git.run(partial, ['init', '--bare', '--quiet', '--initial-branch=main', '.'])
      // Agents fetch the commit of their task by its name.
      await git.run(partial, ['config', 'uploadpack.allowAnySHA1InWant', 'true'])
      await git.run(partial, ['config', 'http.receivepack', 'true'])
      await mkdir(join(folder, name.account), { recursive: true })
      // Another push may have been quicker; its repository is as good.
      await rename(partial, path(name)).catch(() => rm(partial, { recursive: true, force: true }))
    },
    async list() {
      const accounts = await readdir(folder, { withFileTypes: true }).catch(() => [])
      const names = accounts
        .filter((entry) => entry.isDirectory() && nameForm.test(entry.name))
        .map(async (account) => {
          const entries = await readdir(join(folder, account.name))
          return entries
            .filter((entry) => entry.endsWith('.git'))
            .map((entry) => ({ account: account.name, project: entry.slice(0, -4) }))
        })
      return (await Promise.all(names)).flat()
    },
  }
}

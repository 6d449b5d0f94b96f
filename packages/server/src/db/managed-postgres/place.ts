/**
 * Where the database lies and as whom it runs. PostgreSQL refuses to run as root, and another user cannot enter a
 * state folder below root's home (0700). So root runs it in a user namespace in which root is shown as nobody: to
 * the file system it is still root. Where user namespaces are forbidden (some containers), the database lies below
 * /var/lib/firn and runs as the user nobody.
 */
import { createHash } from 'node:crypto'
import { chmod, chown, mkdir, readFile, realpath, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { findPrograms, PostgresRefused, run } from './programs.ts'

export type Owner = { uid: number; gid: number }

/** `owner` is whom the files belong to; `become` are the leading words of a command that runs as the right user. */
export type Place = { base: string; data: string; owner: Owner; become: readonly string[]; elsewhere: boolean }

const nobody: Owner = { uid: 65534, gid: 65534 }
const namespaceCommand = ['unshare', '--user', '--map-user=65534', '--map-group=65534', '--']
const nobodyCommand = ['setpriv', '--reuid=65534', '--regid=65534', '--clear-groups', '--']

/** Root of what cannot lie in the state folder; readable by all, its folders are not. */
export const sharedRoot = '/var/lib/firn'

/**
 * Chooses for `folder`, which exists. An existing database decides: it stays where it is.
 * @throws PostgresRefused where the existing database belongs to another user, or cannot be run as ours
 */
export async function choosePlace(folder: string, searchPath: string): Promise<Place> {
  const real = await realpath(folder)
  const owner = { uid: process.getuid?.() ?? 0, gid: process.getgid?.() ?? 0 }
  const here: Place = { base: real, data: join(real, 'data'), owner, become: [], elsewhere: false }
  const dataOwner = await ownerOf(here.data)
  if (dataOwner !== undefined && dataOwner !== owner.uid) {
    throw new PostgresRefused(
      `The database in ${here.data} belongs to user ${dataOwner}. Start Firn as that user, or give the state folder to user ${owner.uid} (chown -R).`,
    )
  }
  return owner.uid === 0 ? placeForRoot(here, searchPath) : here
}

async function placeForRoot(here: Place, searchPath: string): Promise<Place> {
  const moved = await readFile(locationFile(here), 'utf8').catch(() => undefined)
  if (moved !== undefined) return placeElsewhere(moved.trim())
  const { ok } = await run([...namespaceCommand, 'true'], { env: { PATH: searchPath } })
  if (ok) return { ...here, become: namespaceCommand }
  if ((await ownerOf(here.data)) !== undefined) {
    throw new PostgresRefused(
      `The database in ${here.data} was made by root inside a user namespace, and this machine forbids user namespaces. Allow them (in a container: --security-opt seccomp=unconfined), or set DATABASE_URL.`,
    )
  }
  const base = join(sharedRoot, `postgres-${createHash('sha256').update(here.base).digest('hex').slice(0, 16)}`)
  const place = await placeElsewhere(base)
  await writeFile(locationFile(here), `${base}\n`)
  return place
}

/** Holds the path of a database that lies below /var/lib/firn, so that it is found when the state folder moves. */
function locationFile(here: Place): string {
  return join(here.base, 'location')
}

async function placeElsewhere(base: string): Promise<Place> {
  await mkdir(sharedRoot, { recursive: true })
  await chmod(sharedRoot, 0o755)
  await mkdir(base, { recursive: true, mode: 0o700 })
  await chown(base, nobody.uid, nobody.gid)
  return { base, data: join(base, 'data'), owner: nobody, become: nobodyCommand, elsewhere: true }
}

async function ownerOf(path: string): Promise<number | undefined> {
  return stat(path).then(
    (found) => found.uid,
    () => undefined,
  )
}

/**
 * The whole command for a program that ends with this process: the kernel sends it the signal when we end, even by
 * kill -9. The small shell covers the moment before that is arranged: it goes on only while we are its parent.
 * Without setpriv (rare) the program runs all the same, and the next start ends what this one may leave.
 */
export async function commandThatEndsWithUs(
  place: Place,
  options: { argv: readonly string[]; signal: 'INT' | 'KILL'; searchPath: string },
): Promise<string[]> {
  const [setpriv] = await findPrograms('setpriv', options.searchPath)
  const guard = ['/bin/sh', '-c', '[ "$PPID" = "$0" ] && exec "$@"', String(process.pid)]
  const bound = setpriv === undefined ? [] : [setpriv, '--pdeathsig', options.signal, '--', ...guard]
  return [...place.become, ...bound, ...options.argv]
}

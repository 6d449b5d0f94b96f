/**
 * The folder of the unix socket. Whoever can enter it is administrator of the database, so it is ours alone (0700).
 * The kernel takes socket paths of at most 107 bytes: below a long state folder, a short folder elsewhere is used.
 */
import { createHash } from 'node:crypto'
import { chown, lstat, mkdir, mkdtemp, rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { Owner } from './place.ts'

/** Linux: `sun_path` is 108 bytes with the closing zero. */
const longestPath = 107

/** PostgreSQL makes this file and `….lock` beside it. */
export const socketName = '.s.PGSQL.5432'

export type SocketFolder = AsyncDisposable & { path: string }

/** Makes a folder without a socket in it that only this user (and root) can enter. Disposal leaves nothing of it. */
export async function makeSocketFolder(base: string, owner: Owner): Promise<SocketFolder> {
  const path = await chooseFolder(base, owner)
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }) }
}

async function chooseFolder(base: string, owner: Owner): Promise<string> {
  for (const folder of wishes(base, owner.uid)) {
    if (Buffer.byteLength(join(folder, socketName)) <= longestPath && (await makeOurs(folder, owner))) {
      await clear(folder)
      return folder
    }
  }
  // Somebody sits on each name that could be foreseen.
  return mkdtemp('/tmp/firn-')
}

function wishes(base: string, uid: number): string[] {
  const name = `firn-${createHash('sha256').update(base).digest('hex').slice(0, 16)}`
  const own = uid === 0 ? '/run' : `/run/user/${uid}`
  return [join(base, 'socket'), join(own, name), join('/tmp', `${name}-${uid}`)]
}

/** In /tmp anybody may have been first: only a real folder of this user that nobody else can enter is taken. */
async function makeOurs(folder: string, owner: Owner): Promise<boolean> {
  try {
    await mkdir(folder, { mode: 0o700 })
    await chown(folder, owner.uid, owner.gid)
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) return false
  }
  const found = await lstat(folder)
  return found.isDirectory() && found.uid === owner.uid && (found.mode & 0o077) === 0
}

/** A socket that a killed server left; its lock file may name a process id that something else has by now. */
async function clear(folder: string): Promise<void> {
  for (const name of [socketName, `${socketName}.lock`]) await rm(join(folder, name), { force: true })
}

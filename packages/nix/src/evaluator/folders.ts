/** Folders of one process, in the system's temporary folder: a socket's path may not be long. */
import { mkdtemp, readdir, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** A folder that only we may enter. Its name tells which process it belongs to. `local`: of a run without a server. */
export function makeFolder(kind: 'eval' | 'local'): Promise<string> {
  return mkdtemp(join(tmpdir(), `firn-${kind}-${process.pid}-`))
}

/** Removes the folders of this user's processes that are gone: after kill -9 nobody else does. What cannot be removed stays. */
export async function removeLeftFolders(): Promise<void> {
  for (const name of await readdir(tmpdir())) {
    const pid = /^firn-(?:eval|local)-(\d+)-/.exec(name)?.[1]
    if (pid === undefined || isAlive(Number(pid))) continue
    const path = join(tmpdir(), name)
    const own = await stat(path).then(
      (found) => found.uid === process.getuid?.(),
      () => false,
    )
    if (own) await rm(path, { recursive: true, force: true }).catch(() => {})
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM'
  }
}

/**
 * One program a folder. The lock is `flock(2)` on an open file of ours: the kernel drops it when this process ends,
 * however it ends. Node has no call for it, so util-linux's `flock` takes it on the descriptor that it inherits; the
 * lock belongs to the open file, which stays ours.
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { open } from 'node:fs/promises'
import { PostgresRefused } from './programs.ts'

export type FolderLock = AsyncDisposable

/**
 * Locks `file`, made when missing, until disposal or the end of this process.
 * @throws PostgresRefused when another process holds it; the sentence names its process id
 */
export async function lockFolder(file: string, searchPath: string): Promise<FolderLock> {
  const handle = await open(file, 'a+', 0o600)
  try {
    await takeLock(handle.fd, searchPath, async () => (await handle.readFile('utf8')).trim())
    await handle.truncate(0)
    await handle.write(`process ${process.pid}\n`)
  } catch (error) {
    await handle.close()
    throw error
  }
  return { [Symbol.asyncDispose]: () => handle.close() }
}

async function takeLock(fd: number, searchPath: string, holder: () => Promise<string>): Promise<void> {
  // A second of patience: a process that was just killed holds its files until the kernel has taken it down.
  const child = spawn('flock', ['--timeout', '1', '3'], {
    stdio: ['ignore', 'ignore', 'ignore', fd],
    env: { PATH: searchPath },
  })
  const [code] = await once(child, 'exit').catch(() => {
    throw new PostgresRefused('The program flock (package util-linux) is needed and was not found.')
  })
  if (code === 0) return
  throw new PostgresRefused(
    `Another Firn (${(await holder()) || 'just starting'}) uses this database folder. Stop it, or choose another state folder with --state.`,
  )
}

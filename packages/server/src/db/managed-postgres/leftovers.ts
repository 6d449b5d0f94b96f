/**
 * What an earlier process left running. A PostgreSQL is known by its working folder, which is its data folder; that
 * holds for its every process, and unlike the number in `postmaster.pid` it cannot be mistaken for another program
 * that was given the same process id after a restart. Call with the folder's lock held: then nobody else owns them.
 */
import { readdir, readFile, readlink, rm, stat } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import type { PostgresLog } from './log.ts'
import { PostgresRefused } from './programs.ts'

type Leftover = { pid: number; parent: number }

/** From polite to certain, with the time each is given: fast shutdown, immediate shutdown, kill. */
const steps = [
  { signal: 'SIGINT', ms: 3_000 },
  { signal: 'SIGQUIT', ms: 3_000 },
  { signal: 'SIGKILL', ms: 10_000 },
] as const

/**
 * Ends every PostgreSQL process of this data folder and waits until none is left.
 * @throws PostgresRefused when one survives SIGKILL (it hangs in the kernel)
 */
export async function endLeftovers(data: string, log: PostgresLog): Promise<void> {
  for (const { signal, ms } of steps) {
    const found = await leftoversOf(data)
    if (found.length === 0) break
    log.info(`An earlier PostgreSQL of this folder still runs (process ${found[0]?.pid}): sending ${signal}.`)
    for (const { pid } of leadersOf(found)) send(pid, signal)
    await untilGone(data, ms)
  }
  const [stubborn] = await leftoversOf(data)
  if (stubborn !== undefined) throw new PostgresRefused(`Process ${stubborn.pid} uses ${data} and cannot be ended.`)
  // No process is left, so the file is stale, whatever program its process id belongs to by now.
  await rm(join(data, 'postmaster.pid'), { force: true })
}

/** A server ends its own children; children without a server are told themselves. */
function leadersOf(found: Leftover[]): Leftover[] {
  const pids = new Set(found.map(({ pid }) => pid))
  return found.filter(({ parent }) => !pids.has(parent))
}

async function untilGone(data: string, ms: number): Promise<void> {
  for (const end = performance.now() + ms; performance.now() < end; ) {
    if ((await leftoversOf(data)).length === 0) return
    await delay(20)
  }
}

function send(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal)
  } catch {
    // It ended meanwhile.
  }
}

async function leftoversOf(data: string): Promise<Leftover[]> {
  const folder = await stat(data).catch(() => undefined)
  if (folder === undefined) return []
  const found: Leftover[] = []
  for (const name of await readdir('/proc')) {
    if (!/^\d+$/.test(name)) continue
    // A process may end between two looks; and those of other users cannot be looked at: neither is ours.
    const process = await look(name).catch(() => undefined)
    if (process?.dev === folder.dev && process.ino === folder.ino) found.push(process)
  }
  return found
}

async function look(pid: string): Promise<(Leftover & { dev: number; ino: number }) | undefined> {
  const program = basename(await readlink(`/proc/${pid}/exe`))
  if (!/^postgres\b/.test(program)) return undefined
  const { dev, ino } = await stat(`/proc/${pid}/cwd`)
  const afterName = (await readFile(`/proc/${pid}/stat`, 'utf8')).split(') ').at(-1) ?? ''
  return { pid: Number(pid), parent: Number(afterName.split(' ')[1]), dev, ino }
}

/** Processes as the kernel knows them, for tests that kill some and count the rest. */
import { readdir, readFile } from 'node:fs/promises'

export type Process = { pid: number; parent: number; command: string; state: string }

/** Every process of the machine that can be looked at. */
export async function listProcesses(): Promise<Process[]> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name))
  return (await Promise.all(pids.map(readProcess))).filter((found) => found !== undefined)
}

async function readProcess(pid: string): Promise<Process | undefined> {
  try {
    const stat = await readFile(`/proc/${pid}/stat`, 'utf8')
    const command = (await readFile(`/proc/${pid}/cmdline`, 'utf8')).replaceAll('\0', ' ').trim()
    const [state = '', parent = ''] = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    return { pid: Number(pid), parent: Number(parent), command, state }
  } catch {
    // It ended while we looked.
    return undefined
  }
}

/** The process and all that it started, directly or not, while each parent is alive. */
export async function familyOf(pid: number): Promise<Process[]> {
  const all = await listProcesses()
  const family = all.filter((process) => process.pid === pid)
  for (const member of family) family.push(...all.filter((process) => process.parent === member.pid))
  return family
}

/** Those of the processes that are still there and are not merely waiting to be buried. */
export async function stillAlive(pids: Iterable<number>): Promise<Process[]> {
  const wanted = new Set(pids)
  return (await listProcesses()).filter((process) => wanted.has(process.pid) && process.state !== 'Z')
}

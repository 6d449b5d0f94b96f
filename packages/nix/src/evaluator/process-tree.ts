/** Processes as /proc shows them; everything may be gone by the time it is looked at. */
import { readdirSync, readFileSync, readlinkSync } from 'node:fs'
import { basename } from 'node:path'

const pageBytes = 4096

/** Resident memory in bytes; 0 for a process that is gone. */
export function residentBytes(pid: number): number {
  return Number(read(`/proc/${pid}/statm`).split(' ')[1] ?? 0) * pageBytes
}

/** The process itself or the nearest one below it that runs the program. */
export function findProgram(pid: number, program: string): number | undefined {
  const level = [pid]
  for (let depth = 0; depth < 6 && level.length > 0; depth++) {
    const found = level.find((candidate) => programOf(candidate) === program)
    if (found !== undefined) return found
    level.splice(0, level.length, ...level.flatMap(childrenOf))
  }
  return undefined
}

export function childrenOf(pid: number): number[] {
  try {
    const threads = readdirSync(`/proc/${pid}/task`)
    return threads.flatMap((thread) =>
      read(`/proc/${pid}/task/${thread}/children`).split(' ').filter(Boolean).map(Number),
    )
  } catch {
    return []
  }
}

/** All tools of Nix are links to one binary. */
function programOf(pid: number): string {
  try {
    return basename(readlinkSync(`/proc/${pid}/exe`))
  } catch {
    return ''
  }
}

function read(file: string): string {
  try {
    return readFileSync(file, 'latin1').trim()
  } catch {
    return ''
  }
}

/**
 * The folder for what tasks need on disk. Each run of an agent has a folder of its own in it, named after its process, so
 * that the next run can tell what a killed agent left behind from what another agent works in.
 */
import { execFile } from 'node:child_process'
import { mkdir, mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'

const run = promisify(execFile)

export type WorkFolder = {
  /** A new empty folder, 0700, for a task. */
  forTask(kind: string): Promise<TaskFolder>
  [Symbol.asyncDispose](): Promise<void>
}

export type TaskFolder = { path: string; [Symbol.asyncDispose](): Promise<void> }

const prefix = 'agent-'

/** Removes what agents that live no more have left there. */
export async function openWorkFolder(workDirectory: string): Promise<WorkFolder> {
  await mkdir(workDirectory, { recursive: true, mode: 0o700 })
  await removeLeftovers(workDirectory)
  const own = join(workDirectory, `${prefix}${process.pid}-${await startOf(process.pid)}`)
  await mkdir(own, { recursive: true, mode: 0o700 })
  return {
    forTask: async (kind) => {
      const path = await mkdtemp(join(own, `${kind}-`))
      return { path, [Symbol.asyncDispose]: () => removeTree(path) }
    },
    [Symbol.asyncDispose]: () => removeTree(own),
  }
}

async function removeLeftovers(workDirectory: string): Promise<void> {
  for (const name of await readdir(workDirectory)) {
    const [, pid, start] = /^agent-(\d+)-(\d+)$/.exec(name) ?? []
    if (pid === undefined || start === undefined) continue
    if ((await startOf(Number(pid))) !== start) await removeTree(join(workDirectory, name))
  }
}

/** When a process began, in the kernel's ticks; `0` when there is none. Tells a process from a later one of the same number. */
async function startOf(pid: number): Promise<string> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '')
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return fields[19] ?? '0'
}

/** Sources may hold folders that their owner may not write. */
async function removeTree(path: string): Promise<void> {
  try {
    await rm(path, { recursive: true, force: true })
  } catch {
    await run('chmod', ['-R', 'u+rwX', '--', path])
    await rm(path, { recursive: true, force: true })
  }
}

/** How the machine is doing: load, memory, and the space of the file systems that builds fill. */
import { stat, statfs } from 'node:fs/promises'
import { availableParallelism, freemem, loadavg, totalmem } from 'node:os'
import type { AgentLoad } from '@firn/contract/agent/load'

export type Measured = Omit<AgentLoad, 'draining'>

export type Places = {
  /** the store, where builds work: each is looked at as far as it is there */
  folders: readonly string[]
  minFreeMegabytes: number
}

const megabyte = 1024 ** 2
const inMegabytes = (bytes: number) => Math.floor(bytes / megabyte)

export async function measureLoad({ folders, minFreeMegabytes }: Places): Promise<Measured> {
  const [average = 0] = loadavg()
  return {
    average: Math.round(average * 100) / 100,
    cpus: availableParallelism(),
    memory: { freeMegabytes: inMegabytes(freemem()), totalMegabytes: inMegabytes(totalmem()) },
    disks: await measureDisks(folders, Math.ceil(minFreeMegabytes)),
  }
}

/** Folders of one file system count once, by the name of the first. */
async function measureDisks(folders: readonly string[], needsMegabytes: number): Promise<Measured['disks']> {
  const found = await Promise.all(folders.map((folder) => stat(folder).catch(() => undefined)))
  const seen = new Set<number>()
  const disks: Measured['disks'] = []
  for (const [i, path] of folders.entries()) {
    const device = found[i]?.dev
    if (device === undefined || seen.has(device)) continue
    seen.add(device)
    const { bavail, bsize } = await statfs(path)
    disks.push({ path: path.slice(0, 200), freeMegabytes: inMegabytes(bavail * bsize), needsMegabytes })
  }
  return disks
}

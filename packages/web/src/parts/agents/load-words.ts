import type { AgentLoad } from '@firn/contract/agent/load'
import { shown } from '../names.ts'

/** How a machine is doing, in one line: how busy, and how much room is left. */
export function loadWords({ average, cpus, memory, disks }: AgentLoad): string {
  return [
    `load ${average.toFixed(1)} of ${cpus}`,
    `memory ${size(memory.freeMegabytes)} of ${size(memory.totalMegabytes)} free`,
    ...disks.map((disk) => `${size(disk.freeMegabytes)} free on ${shown(disk.path)}`),
  ].join(' · ')
}

function size(megabytes: number): string {
  if (megabytes < 1024) return `${megabytes} MB`
  const gigabytes = megabytes / 1024
  return `${gigabytes < 10 ? gigabytes.toFixed(1) : Math.round(gigabytes)} GB`
}

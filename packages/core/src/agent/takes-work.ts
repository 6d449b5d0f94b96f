import type { AgentLoad } from '@firn/contract/agent/load'

export const beingStopped = 'it is being stopped, and finishes what it has'

/**
 * Why an agent takes no work now; null when it does. The agent and the server ask the same, so that what is given
 * nevertheless is given back.
 * @param load null where the agent does not say
 */
export function whyNoWork(load: AgentLoad | null): string | null {
  if (load === null) return null
  if (load.draining) return beingStopped
  const short = load.disks.find((disk) => disk.freeMegabytes < disk.needsMegabytes)
  if (short === undefined) return null
  return `${short.freeMegabytes} MB free on ${short.path}, needs ${short.needsMegabytes} MB`
}

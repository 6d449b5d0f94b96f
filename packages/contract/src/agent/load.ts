/** Firn's own: how an agent's machine is doing, said with its pings to a server that understands it. */
import { z } from 'zod'
import { Count } from './wire.ts'

const Megabytes = Count

/** So many tasks an agent keeps beyond its slots at the most. */
export const aheadMax = 1000

/** A megabyte is 1024² bytes. */
export const AgentLoad = z.object({
  /** processes that ran or wanted to, on average over the last minute */
  average: z.number().nonnegative(),
  cpus: z.int().min(1),
  memory: z.object({ freeMegabytes: Megabytes, totalMegabytes: Megabytes }),
  /** Where the store is and where builds work, each file system once; with less than it needs the agent takes no work. */
  disks: z.array(z.object({ path: z.string().max(200), freeMegabytes: Megabytes, needsMegabytes: Megabytes })).max(8),
  /** It is being stopped: what it has it finishes, more it does not take. */
  draining: z.boolean(),
  /** How many tasks it would keep beyond its `concurrentTasks`, as what it builds is over soon. */
  ahead: Count.max(aheadMax).optional(),
})
export type AgentLoad = z.infer<typeof AgentLoad>

import { z } from 'zod'
import { Id } from '../ids.ts'
import { BuildEvent } from './build-event.ts'
import { LogEntry } from './log.ts'
import { TaskStatus } from './task.ts'
import { Count } from './wire.ts'

/** The extension (`ServiceInfo.firn`) from which on a server understands `FirnBuilt`. */
export const briefExtension = 2

const dayMs = 24 * 3600_000

/**
 * Firn's own: all there is to say of a build that was over soon, in one message instead of the published five (it began, a
 * log's conversation, its end, outputs, status). `logToken` is the one that came with the task; `ms` is how long it took.
 */
export const BriefBuild = z.object({
  taskId: Id,
  logToken: z.string(),
  ms: Count.max(dayMs),
  log: z.array(LogEntry),
  events: z.array(BuildEvent),
  status: TaskStatus,
})
export type BriefBuild = z.infer<typeof BriefBuild>

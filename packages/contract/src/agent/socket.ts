import { z } from 'zod'
import { Id } from '../ids.ts'
import { BriefBuild } from './brief.ts'
import { frame } from './frame.ts'
import { AgentLoad } from './load.ts'
import { Hello, ServiceInfo } from './session.ts'
import { BuildTask, EffectTask, EvaluateTask } from './task.ts'
import { bareVariant, variant } from './wire.ts'

const TaskRef = z.object({ taskId: Id })

/** What an agent says on its socket (hercules-ci.md 4.4.6). */
export const AgentPayload = z.discriminatedUnion('tag', [
  variant('Hello', Hello),
  /** `firn` is Firn's own, and said only to a server whose ServiceInfo has it too. */
  bareVariant('Ping').extend({ firn: z.object({ load: AgentLoad }).optional() }),
  variant('Started', TaskRef),
  variant('Cancelled', TaskRef),
  /** Said only to a server that understands it (`brief.ts`). */
  variant('FirnBuilt', z.array(BriefBuild)),
])
export type AgentPayload = z.infer<typeof AgentPayload>

/** What the server says to an agent; a Start holds the whole task (hercules-ci.md 4.4.7). */
export const ServerPayload = z.discriminatedUnion('tag', [
  variant('ServiceInfo', ServiceInfo),
  variant('StartEvaluation', EvaluateTask),
  variant('StartBuild', BuildTask),
  variant('StartEffect', EffectTask),
  variant('Cancel', TaskRef),
])
export type ServerPayload = z.infer<typeof ServerPayload>

export const AgentFrame = frame(AgentPayload, AgentPayload)
export type AgentFrame = z.infer<typeof AgentFrame>
export const ServerFrame = frame(ServerPayload, ServerPayload)
export type ServerFrame = z.infer<typeof ServerFrame>

import { z } from 'zod'
import { Id, Instant } from '../ids.ts'
import { Count, maybe } from './wire.ts'

/**
 * Where an agent finds the sockets. Both URLs have the scheme http or https: the agent makes the
 * WebSocket URL itself and aborts on ws/wss (hercules-ci.md 4.3.4, 10.16).
 */
export const ServiceInfo = z.object({
  version: z.tuple([z.int(), z.int()]),
  agentSocketBaseURL: z.url({ protocol: /^https?$/ }),
  bulkSocketBaseURL: z.url({ protocol: /^https?$/ }),
  /** Firn's own: what the server understands beyond the published protocol. Other agents don't look at it. */
  firn: z.object({ extension: z.int() }).optional(),
})
export type ServiceInfo = z.infer<typeof ServiceInfo>

/** What an agent says of itself; what old agents leave out has the defaults of hercules-ci.md 4.3.6. */
export const AgentInfo = z.object({
  hostname: z.string().max(253),
  agentVersion: z.string().max(100),
  nixVersion: z.string().max(100),
  nixClientProtocolVersion: z.int().default(0),
  nixDaemonProtocolVersion: z.int().default(0),
  platforms: z.array(z.string().max(100)).max(100),
  systemFeatures: z.array(z.string().max(100)).max(100),
  cachixPushCaches: z.array(z.string()).default([]),
  pushCaches: z.array(z.string()).default([]),
  substituters: z.array(z.string()).default([]),
  concurrentTasks: z.int().min(1).max(10_000).default(2),
  labels: z.record(z.string(), z.json()).default({}),
})
export type AgentInfo = z.infer<typeof AgentInfo>

/** Body of `POST agent/session`. */
export const CreateSession = z.object({ agentInfo: AgentInfo })
export type CreateSession = z.infer<typeof CreateSession>

/** One run of an agent process; messages are numbered within it (hercules-ci.md 4.4.4). */
export const StartInfo = z.object({ id: Id, startTime: Instant })
export type StartInfo = z.infer<typeof StartInfo>

export const Hello = z.object({ agentInfo: AgentInfo, startInfo: StartInfo, tasksInProgress: z.array(Id) })
export type Hello = z.infer<typeof Hello>

/** Payload of an agent's session token; `parent` is the join token it came from (hercules-ci.md 4.3.5). */
export const SessionClaims = z.object({ sub: z.string(), parent: z.string(), iat: maybe(Count) })
/** Payload of a join token: `sub` is `t$<token id>` (hercules-ci.md 4.2.3). */
export const JoinTokenClaims = z.object({ sub: z.string().startsWith('t$'), iat: maybe(Count) })

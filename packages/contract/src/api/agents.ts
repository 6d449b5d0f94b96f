import { z } from 'zod'
import { AgentLoad } from '../agent/load.ts'
import { DrvPath, Id, Instant } from '../ids.ts'

/** hercules-ci.md 5.3; from `tasks` on Firn's own. */
export const AgentSession = z.object({
  id: Id,
  clusterJoinTokenId: Id,
  description: z.string(),
  hostname: z.string(),
  agentVersion: z.string(),
  nixVersion: z.string(),
  platforms: z.array(z.string()),
  systemFeatures: z.array(z.string()),
  cachixPushCaches: z.array(z.string()),
  pushCaches: z.array(z.string()),
  substituters: z.array(z.string()),
  creation: Instant,
  lastSeen: Instant.nullable(),
  revocation: Instant.nullable(),
  available: z.boolean(),
  concurrentTasks: z.int(),
  labels: z.record(z.string(), z.json()),
  online: z.boolean(),
  tasks: z.array(
    z.object({
      id: Id,
      kind: z.enum(['evaluate', 'build', 'effect']),
      since: Instant,
      /** What it works on: a derivation's name, or a project and job. */
      label: z.string(),
      derivationPath: DrvPath.nullable(),
      /** Address of the page of what it works on. */
      href: z.string(),
    }),
  ),
  /** One sentence: what it does, or why nothing. */
  because: z.string(),
  /** How its machine is doing; null of an agent that is offline, or does not say. */
  load: AgentLoad.nullable(),
})
export type AgentSession = z.infer<typeof AgentSession>

export const ClusterJoinToken = z.object({
  id: Id,
  ownerId: Id,
  creationTime: Instant,
  description: z.string(),
  /** When it was deleted; Firn's own. */
  revocation: Instant.nullable(),
})
export type ClusterJoinToken = z.infer<typeof ClusterJoinToken>

/** The answer that shows the token, once. */
export const CreatedJoinToken = z.object({ metadata: ClusterJoinToken, token: z.string() })
export type CreatedJoinToken = z.infer<typeof CreatedJoinToken>

/** What waits for an agent, by platform; Firn's own. */
export const QueueRow = z.object({
  platform: z.string(),
  requiredSystemFeatures: z.array(z.string()),
  waiting: z.int(),
  oldest: Instant,
  because: z.string(),
})
export type QueueRow = z.infer<typeof QueueRow>

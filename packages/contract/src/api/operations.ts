import { z } from 'zod'
import { Id, Instant } from '../ids.ts'
import { QueueRow } from './agents.ts'

/** What should be running and is not: why, and what a person can do. */
export const OperationsAlert = z.object({
  key: z.string(),
  kind: z.string(),
  cause: z.string(),
  action: z.string(),
  /** When it was first seen; null while that is not known. */
  since: Instant.nullable(),
})
export type OperationsAlert = z.infer<typeof OperationsAlert>

const AccountAddress = z.object({ site: z.string(), account: z.string() })

export const FarmAgent = z.object({
  id: Id,
  hostname: z.string(),
  at: AccountAddress,
  online: z.boolean(),
  /** Why it takes nothing new; null while it does, or is offline. */
  refuses: z.string().nullable(),
  slots: z.int(),
  busy: z.int(),
  platforms: z.array(z.string()),
  lastSeen: Instant,
})
export type FarmAgent = z.infer<typeof FarmAgent>

/** What ended in a minute. */
export const MinuteOfWork = z.object({
  at: Instant,
  built: z.int(),
  failed: z.int(),
  /** Lost or broken: done again, or told as broken. */
  broken: z.int(),
  evaluated: z.int(),
  /** How long these evaluations took, on average. */
  evaluationMs: z.number().nullable(),
})
export type MinuteOfWork = z.infer<typeof MinuteOfWork>

/** The operators' page; Firn's own. */
export const Operations = z.object({
  now: Instant,
  alerts: z.array(OperationsAlert),
  agents: z.array(FarmAgent),
  queue: z.array(QueueRow.extend({ at: AccountAddress })),
  /** The last hour, the oldest first; minutes in which nothing ended are there too. */
  minutes: z.array(MinuteOfWork),
  /** From when a task could be given to an agent until it was, of those of the last ten minutes; null while there were none. */
  dispatch: z.object({ p50Ms: z.number(), p99Ms: z.number() }).nullable(),
  databaseBytes: z.number(),
  logs: z.object({ logs: z.number(), lines: z.number(), bytes: z.number() }),
})
export type Operations = z.infer<typeof Operations>

const days = z.int().min(1).max(36_500).nullable()

/** After how many days things of an account are removed; null keeps them. */
export const Retention = z.object({
  /** Jobs, and the builds that no job has any more. */
  jobDays: days,
  logDays: days,
  /** Failures that no job shows any more: they are built again when asked for. */
  failureDays: days,
})
export type Retention = z.infer<typeof Retention>

/** What would be removed. */
export const Removal = z.object({
  what: z.enum(['jobs', 'builds', 'failures', 'logs', 'agentSessions']),
  count: z.int(),
  oldest: Instant.nullable(),
  bytes: z.number().nullable(),
})
export type Removal = z.infer<typeof Removal>

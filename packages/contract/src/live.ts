import { z } from 'zod'
import { Id } from './ids.ts'

/**
 * What a browser hears: that something changed, never what it is now (it asks again). Delivered at least once,
 * in order; `cursor` is where to continue after a reconnect (`Last-Event-ID`).
 */
export const LiveEvent = z.object({
  cursor: z.string(),
  kind: z.enum(['project', 'job', 'attributes', 'builds', 'agents']),
  projectId: Id.nullable(),
  jobIds: z.array(Id),
  /** Derivation paths whose state changed, at most 100; an empty list with kind `builds` means many. */
  derivations: z.array(z.string()),
})
export type LiveEvent = z.infer<typeof LiveEvent>

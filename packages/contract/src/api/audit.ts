import { z } from 'zod'
import { Instant } from '../ids.ts'

/** Who did what that others may want to know of; Firn's own. */
export const AuditEntry = z.object({
  id: z.int(),
  at: Instant,
  /** A person's name, or the host name that an agent gives. */
  actor: z.string(),
  /** A sentence without its subject: `made the join token farm`. */
  deed: z.string(),
})
export type AuditEntry = z.infer<typeof AuditEntry>

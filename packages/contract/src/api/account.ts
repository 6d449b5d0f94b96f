import { z } from 'zod'
import { Id, Instant } from '../ids.ts'

/** Resources of hercules-ci.md 5.3. */
export const Account = z.object({
  id: Id,
  sourceHostingSiteSlug: z.string(),
  slug: z.string(),
  typ: z.enum(['User', 'Organization']),
  displayName: z.string(),
  imageURL: z.string().nullable(),
  isInstalled: z.boolean(),
  isInstallable: z.boolean(),
  membershipRole: z.enum(['Member', 'Admin']).nullable(),
})
export type Account = z.infer<typeof Account>

export const Forge = z.object({ id: Id, slug: z.string(), displayName: z.string(), typ: z.string() })

/** `GET client/info` */
export const ClientInfo = z.object({
  apiBaseUrl: z.string(),
  frontendBaseUrl: z.string(),
  licensedTo: z.string().nullable(),
  forges: z.array(Forge),
  personalAccounts: z.array(Account),
})
export type ClientInfo = z.infer<typeof ClientInfo>

/** What is well, in a sentence; what is not is a refusal with status 503. */
export const Health = z.object({ ok: z.literal(true), because: z.string() })

/** Who is asking, and by what right; Firn's own. */
export const Whoami = z.object({
  signedIn: z.boolean(),
  name: z.string().nullable(),
  mayWrite: z.boolean(),
  version: z.string(),
  /** The server's clock, for ages that do not depend on the browser's. */
  now: Instant,
})
export type Whoami = z.infer<typeof Whoami>

import { z } from 'zod'

/** A store that Nix can reach by its URL, such as `file:///srv/cache` or `s3://bucket?region=…` (hercules-ci.md 4.2.4). */
export const NixCache = z.object({
  kind: z.literal('NixCache'),
  storeURI: z.string().min(1),
  /** each signs what is pushed */
  signingKeys: z.array(z.string()),
  publicKeys: z.array(z.string()),
})
export type NixCache = z.infer<typeof NixCache>

/** hercules-ci.md 4.2.4 */
export const CachixCache = z.object({
  kind: z.literal('CachixCache'),
  /** the first signs what is pushed */
  signingKeys: z.array(z.string()).default([]),
  authToken: z.string().nullish(),
  publicKeys: z.array(z.string()),
})

/** `binary-caches.json`: name → cache. Kinds are looked at one by one, since an unknown one is skipped (4.2.5). */
export const BinaryCachesFile = z.record(z.string(), z.looseObject({ kind: z.string() }))

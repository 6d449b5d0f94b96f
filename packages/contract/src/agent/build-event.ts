import { z } from 'zod'
import { DrvPath, StorePath } from '../ids.ts'
import { Count, maybe, variant } from './wire.ts'

/** An output that exists: `hash` is the NAR's, `sha256:<nix32>`; `size` is the NAR's, in bytes (hercules-ci.md 4.7.1). */
export const OutputInfo = z.object({
  deriver: DrvPath,
  name: z.string(),
  path: StorePath,
  hash: z.string(),
  size: Count,
  references: maybe(z.array(z.string())),
})
export type OutputInfo = z.infer<typeof OutputInfo>

/**
 * Firn's own, and sent only to a server that says it understands (`ServiceInfo.firn`): inputs that the task was given and
 * that are neither in the agent's store nor to be fetched. They are built again; an `Exceptional` follows.
 */
export const MissingInputs = z.object({ paths: z.array(StorePath) })

export const BuildEvent = z.discriminatedUnion('tag', [
  variant('OutputInfo', OutputInfo),
  variant('Pushed', z.object({ cache: z.string() })),
  variant('Done', z.boolean()),
  variant('FirnMissingInputs', MissingInputs),
])
export type BuildEvent = z.infer<typeof BuildEvent>

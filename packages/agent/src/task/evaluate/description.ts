/** What the program says of a value, parsed (see `describe` in `program/program.nix`). */
import { DrvPath } from '@firn/contract/ids'
import type { Described } from '@firn/core/traversal/visit'
import { z } from 'zod'

const Mark = z.enum(['isEffect', 'buildDependenciesOnly', 'nobuildPhase', 'ignoreFailure', 'requireFailure'])

const Description = z.union([
  z.object({ is: z.literal('derivation'), drvPath: DrvPath, mark: Mark.nullable() }),
  z.object({
    is: z.literal('set'),
    names: z.array(z.string()),
    untold: z.array(z.string()),
    calls: z.int().default(0),
  }),
  z.object({ is: z.enum(['typed', 'unrecursed', 'exhausted']) }),
  z.object({ is: z.string() }).transform(({ is: type }) => ({ is: 'other' as const, type })),
])

/**
 * A value that calls itself a derivation, but names no derivation of the store, is refused. `untold`: names in a set that
 * cannot be told, as they can be shown (see `program/names.nix`).
 */
export type DescriptionRead =
  | { ok: true; described: Described; untold: readonly string[] }
  | { ok: false; reason: string }

const Pretended = z.object({ is: z.literal('derivation'), drvPath: z.json() })

export function readDescription(description: unknown): DescriptionRead {
  const pretended = Pretended.safeParse(description)
  const parsed = Description.parse(description)
  if (parsed.is === 'other' && pretended.success) {
    return {
      ok: false,
      reason: `The drvPath of this derivation is not a derivation in the store: ${JSON.stringify(pretended.data.drvPath)}`,
    }
  }
  return { ok: true, described: parsed, untold: parsed.is === 'set' ? parsed.untold : [] }
}

/** Firn's own: why a build was given up, beside the published `Terminated` (hercules-ci.md 4.7.3), which tells nothing of it. */
import { z } from 'zod'
import { StorePath } from '../ids.ts'
import { Count } from './wire.ts'

const sort = <How extends string, Shape extends z.ZodRawShape>(how: How, shape: Shape) =>
  z.object({ how: z.literal(how), ...shape })

/** As Nix writes it: `sha256-…` in base64. */
const Hash = z.string().max(200)

export const BuildFailure = z.discriminatedUnion('how', [
  /** The builder ended by itself, and not with 0. */
  sort('exited', { code: z.int() }),
  sort('signalled', { signal: z.int() }),
  /** Nix's `timeout`: the whole build took longer. */
  sort('timed-out', { seconds: Count }),
  /** Nix's `max-silent-time`: nothing was printed for so long. */
  sort('silent', { seconds: Count }),
  /** Nix's `max-build-log-size` */
  sort('log-too-large', { limitBytes: Count }),
  /** The derivation's own `outputChecks.<output>.maxSize`, or `maxClosureSize`. */
  sort('output-too-large', { path: StorePath, closure: z.boolean(), bytes: Count, limitBytes: Count }),
  sort('hash-mismatch', { wanted: Hash, got: Hash }),
  /** Built twice, it came out differently. */
  sort('not-deterministic', { output: StorePath }),
  sort('no-output', { output: z.string().max(211) }),
  /** Nix does not take the derivation or what came of it; the reason is its text, without the builder's lines. */
  sort('rejected', { reason: z.string().max(2000) }),
])
export type BuildFailure = z.infer<typeof BuildFailure>

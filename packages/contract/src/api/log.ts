import { z } from 'zod'
import { Id } from '../ids.ts'

/** A line of a log: its number from 0 without gaps, ms since the log's start, text (hercules-ci.md 4.9.10). */
export const LogLine = z.object({
  i: z.int(),
  ms: z.number(),
  t: z.string(),
  /** Firn's own: the Nix phase that begins with this line. */
  phase: z.string().optional(),
})
export type LogLine = z.infer<typeof LogLine>

export const Log = z.object({ id: Id, lines: z.array(LogLine), done: z.boolean() })
export type Log = z.infer<typeof Log>

/** A window on a log; Firn's own. `total` grows until `done`. */
export const LogWindow = Log.extend({ total: z.int() })
export type LogWindow = z.infer<typeof LogWindow>

import { z } from 'zod'
import { DrvPath, Id } from '../ids.ts'
import { DerivationStatus } from './derivation.ts'

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

/** Lines [from, to) that were left out since the log is longer than the server keeps, and how much text they held. */
export const LogCut = z.object({ from: z.int(), to: z.int(), chars: z.int() })
export type LogCut = z.infer<typeof LogCut>

/**
 * A window on a log; Firn's own. `total` grows until `done`, and counts what is left out. That has one line, which says
 * so, under the number of its first.
 */
export const LogWindow = Log.extend({ total: z.int(), cut: LogCut.nullable() })
export type LogWindow = z.infer<typeof LogWindow>

/** The line that a phase of the builder begins with, and its name; Firn's own. */
export const PhaseStart = z.object({ i: z.int(), name: z.string() })
export type PhaseStart = z.infer<typeof PhaseStart>

/** What to look for; whatever its case. */
export const SearchText = z.string().trim().min(1).max(200)

/** Numbers of the lines found; `next` is the line to ask on from, null when all of the log as it is was searched. */
export const LogMatches = z.object({ lines: z.array(z.int()), next: z.int().nullable(), total: z.int() })
export type LogMatches = z.infer<typeof LogMatches>

/** The log of a build in which something was found: how often (`more`: at least), and the first lines. */
export const BuildMatches = z.object({
  derivationPath: DrvPath,
  status: DerivationStatus,
  logId: Id,
  count: z.int(),
  more: z.boolean(),
  lines: z.array(LogLine),
})
export type BuildMatches = z.infer<typeof BuildMatches>

/** A part of a job's logs, searched: `searched` of them; `next` is what to ask on with, null at the end. */
export const JobMatches = z.object({ builds: z.array(BuildMatches), searched: z.int(), next: z.string().nullable() })
export type JobMatches = z.infer<typeof JobMatches>

/** A line of Nix's `--log-format internal-json`. */
import { z } from 'zod'

const message = z.discriminatedUnion('action', [
  z.object({ action: z.literal('msg'), level: z.number(), msg: z.string() }),
  z.object({
    action: z.literal('start'),
    id: z.number(),
    level: z.number(),
    type: z.number(),
    text: z.string(),
    fields: z.array(z.union([z.string(), z.number()])).default([]),
  }),
  z.object({ action: z.literal('stop'), id: z.number() }),
  z.object({ action: z.literal('result'), id: z.number(), type: z.number() }),
])

export type LogMessage = z.infer<typeof message> | { action: 'text'; text: string }

const prefix = '@nix '

/** Anything that is not such a line comes from a program that Nix started (git, ssh): plain text. */
export function parseLogLine(line: string): LogMessage {
  if (!line.startsWith(prefix)) return { action: 'text', text: line }
  try {
    const parsed = message.safeParse(JSON.parse(line.slice(prefix.length)))
    if (parsed.success) return parsed.data
  } catch {
    // cut short by the end of the process, or not from Nix
  }
  return { action: 'text', text: line }
}

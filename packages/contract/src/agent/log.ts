import { z } from 'zod'
import { frame } from './frame.ts'
import { ServiceInfo } from './session.ts'
import { Count, variant } from './wire.ts'

/** Kinds of result entries that Firn reads; others are kept as they are. The numbers are Nix's own. */
export const resultType = { logLine: 101, phase: 104 } as const

const Field = z.union([z.number(), z.string()])
const place = { i: Count, ms: Count }
/** Nix makes the number of an activity of its process id (× 2³²), which is more than JSON's readers keep exactly; near enough is enough. */
const Activity = z.number().nonnegative()

/**
 * An entry of a task's log; mirrors Nix's activities. `i` counts entries from 0 without gaps, `ms` is the time
 * since the log's start (hercules-ci.md 4.9.4–4.9.5).
 */
export const LogEntry = z.discriminatedUnion('tag', [
  z.object({ tag: z.literal('Msg'), ...place, level: z.int(), msg: z.string() }),
  z.object({
    tag: z.literal('Start'),
    ...place,
    act: Activity,
    level: z.int(),
    typ: z.int(),
    text: z.string(),
    fields: z.array(Field),
    parent: Activity,
  }),
  z.object({ tag: z.literal('Stop'), ...place, act: Activity }),
  z.object({ tag: z.literal('Result'), ...place, act: Activity, rtype: z.int(), fields: z.array(Field) }),
])
export type LogEntry = z.infer<typeof LogEntry>

/** What an agent says on a log socket (hercules-ci.md 4.9.3). */
export const LogPayload = z.discriminatedUnion('tag', [
  variant('LogEntries', z.array(LogEntry)),
  z.object({ tag: z.literal('End'), i: Count, ms: Count }),
])
export type LogPayload = z.infer<typeof LogPayload>

export const LogHello = variant('Hello', z.object({ storeProtocolVersion: z.int(), clientProtocolVersion: z.int() }))

export const LogAgentFrame = frame(LogPayload, LogHello)
export type LogAgentFrame = z.infer<typeof LogAgentFrame>
/** The server's first frame here holds the bare ServiceInfo, without a tag (hercules-ci.md 4.9.2). */
export const LogServerFrame = frame(z.never(), ServiceInfo)
export type LogServerFrame = z.infer<typeof LogServerFrame>

/** Where a task's log goes: a server's log socket, or whatever the caller of a run without a server makes of it. */
import { type LogEntry, resultType } from '@firn/contract/agent/log'

type Without<T, Keys extends PropertyKey> = T extends unknown ? Omit<T, Keys> : never

/** An entry that has neither number nor time yet. */
export type LogBody = Without<LogEntry, 'i' | 'ms'>

/** Resolves when the next entry is welcome: who writes much and waits for it is slowed down to the reader's speed. */
export type TaskLog = (entry: LogBody) => Promise<void>

/** Nix's levels. */
export const logLevel = { error: 0, warn: 1, notice: 2, info: 3, talkative: 4 } as const

/** A line of text of no activity. */
export function logText(log: TaskLog, level: number, text: string): Promise<void> {
  return log({ tag: 'Msg', level, msg: text })
}

/** What a builder prints without a line end travels whole up to this length, and as several lines beyond; nothing is lost. */
const lineMax = 1024 * 1024

/** The entry in pieces of bounded length. */
export function* pieces(entry: LogBody): Generator<LogBody> {
  const text = longText(entry)
  if (text === undefined || text.length <= lineMax) return yield entry
  for (let from = 0, to = 0; from < text.length; from = to) {
    to = Math.min(text.length, from + lineMax)
    if (isInsidePair(text, to)) to--
    const part = text.slice(from, to)
    if (entry.tag === 'Msg') yield { ...entry, msg: part }
    if (entry.tag === 'Result') yield { ...entry, fields: [part] }
  }
}

function longText(entry: LogBody): string | undefined {
  if (entry.tag === 'Msg') return entry.msg
  const [line] = entry.tag === 'Result' && entry.rtype === resultType.logLine ? entry.fields : []
  return typeof line === 'string' ? line : undefined
}

/** Whether a character outside the basic plane would be cut in two. */
function isInsidePair(text: string, at: number): boolean {
  const before = text.charCodeAt(at - 1)
  return at < text.length && before >= 0xd800 && before < 0xdc00
}

/**
 * What of a task's log is sent (hercules-ci.md 4.9.7): first everything, then only what one can read, then only the last
 * lines, which wait here until the end.
 *
 *   40,000 entries of any kind │ 49,900 of visible text │ note … the last 10,000 at the end
 */
import { type LogEntry, resultType } from '@firn/contract/agent/log'

type Without<T, Keys extends PropertyKey> = T extends unknown ? Omit<T, Keys> : never

/** An entry before it has its number; `ms` since the log's start. */
export type TimedEntry = Without<LogEntry, 'i'>

export type LogLimits = {
  rich: number
  visible: number
  /** entries kept for the end */
  tail: number
  /** UTF-16 units kept for the end */
  tailLength: number
}

export const logLimits: LogLimits = { rich: 40_000, visible: 49_900, tail: 10_000, tailLength: 8 * 1024 * 1024 }

export class LogLimiter {
  readonly #limits: LogLimits
  #taken = 0
  #tail: TimedEntry[] = []
  #tailStart = 0
  #tailLength = 0
  #skipped = 0
  #nextNote: number

  constructor(limits: LogLimits = logLimits) {
    this.#limits = limits
    this.#nextNote = limits.tail
  }

  /** What to send now. */
  take(entry: TimedEntry): TimedEntry[] {
    const { rich, visible } = this.#limits
    if (this.#taken < rich) return this.#pass(entry)
    if (visibleLength(entry) === 0) return []
    if (this.#taken < rich + visible) return this.#pass(entry)
    const note = this.#taken++ === rich + visible ? [softLimitNote(entry.ms)] : []
    this.#keep(entry)
    return [...note, ...this.#skippingNote(entry.ms)]
  }

  /** What remains to be sent at the end. */
  end(): TimedEntry[] {
    const tail = this.#tail.slice(this.#tailStart)
    const first = tail[0]
    if (first === undefined || this.#skipped === 0) return tail
    const text = `${this.#skipped} log lines were omitted before the last ${tail.length}.`
    return [note(text, first.ms), ...tail]
  }

  #pass(entry: TimedEntry): TimedEntry[] {
    this.#taken++
    return [entry]
  }

  #keep(entry: TimedEntry): void {
    this.#tail.push(entry)
    this.#tailLength += visibleLength(entry)
    while (this.#tail.length - this.#tailStart > this.#limits.tail || this.#tailLength > this.#limits.tailLength)
      this.#skip()
    if (this.#tailStart > this.#limits.tail) {
      this.#tail = this.#tail.slice(this.#tailStart)
      this.#tailStart = 0
    }
  }

  #skip(): void {
    const oldest = this.#tail[this.#tailStart++]
    if (oldest !== undefined) this.#tailLength -= visibleLength(oldest)
    this.#skipped++
  }

  /** A sign of life that costs a few lines in all: after each doubling. */
  #skippingNote(ms: number): TimedEntry[] {
    if (this.#skipped < this.#nextNote) return []
    this.#nextNote *= 2
    return [note(`skipping ${this.#skipped} log lines.`, ms)]
  }
}

function softLimitNote(ms: number): TimedEntry {
  return note('Soft log limit has been reached. Final log lines will appear when done.', ms)
}

function note(text: string, ms: number): TimedEntry {
  return { tag: 'Msg', ms, level: 0, msg: `hercules-ci-agent: ${text}` }
}

/** Length of what a person would see of it; 0 for what is structure only. */
export function visibleLength(entry: TimedEntry): number {
  if (entry.tag === 'Msg') return entry.msg.length
  if (entry.tag === 'Start') return entry.text.length
  if (entry.tag === 'Result' && entry.rtype === resultType.logLine)
    return Math.max(1, String(entry.fields[0] ?? '').length)
  return 0
}

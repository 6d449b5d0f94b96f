/** Sorts what an evaluator prints into what a reader of the evaluation's log wants to tell apart. */
import { activityTypes } from '../daemon/events.ts'
import { withoutColours } from './error-text.ts'
import { parseLogLine } from './log-message.ts'

/** `message` is a `builtins.trace`, ours or a user's, as Nix prints it (`trace: …`). */
export type Heard =
  | { kind: 'message'; text: string }
  | { kind: 'error'; text: string }
  | { kind: 'warning'; text: string }
  | { kind: 'log'; level: number; text: string }
  | { kind: 'fetch'; url: string; ms: number }

const fetching = new Set<number>([activityTypes.fileTransfer, activityTypes.fetchTree])

export class StderrReader {
  readonly #fetches = new Map<number, { url: string; since: number }>()

  /** `undefined` for progress counters and the like, which nobody reads. */
  read(line: string): Heard | undefined {
    const message = parseLogLine(line)
    switch (message.action) {
      case 'msg':
        return sortMessage(message.level, message.msg)
      case 'text':
        return /^error: /.test(withoutColours(message.text))
          ? { kind: 'error', text: message.text }
          : { kind: 'log', level: 3, text: message.text }
      case 'start':
        if (fetching.has(message.type) || message.text.startsWith('fetching '))
          this.#startFetch(message.id, message.fields[0], message.text)
        return undefined
      case 'stop':
        return this.#endFetch(message.id)
      case 'result':
        return undefined
    }
  }

  #startFetch(id: number, field: string | number | undefined, text: string): void {
    const url = typeof field === 'string' ? field : withoutColours(text).replace(/^fetching (.*? )?'(.*)'$/, '$2')
    this.#fetches.set(id, { url, since: performance.now() })
  }

  #endFetch(id: number): Heard | undefined {
    const fetch = this.#fetches.get(id)
    this.#fetches.delete(id)
    return fetch && { kind: 'fetch', url: fetch.url, ms: performance.now() - fetch.since }
  }
}

/**
 * Nix prints warnings at level 0 too; a trace always begins with `trace: `, whatever the expression wrote. Of an error
 * without a message 2.8 prints nothing, but at the level of errors.
 */
function sortMessage(level: number, text: string): Heard {
  if (text.startsWith('trace: ')) return { kind: 'message', text }
  const plain = withoutColours(text)
  if (level === 0 && /^(error:|$)/.test(plain)) return { kind: 'error', text }
  const [, heading = '', warning] = /^((?:evaluation )?warning: ?)([\s\S]*)$/.exec(plain) ?? []
  if (warning === undefined) return { kind: 'log', level, text }
  return { kind: 'warning', text: warning.replaceAll(`\n${' '.repeat(heading.length)}`, '\n') }
}

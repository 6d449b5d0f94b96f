import { stripVTControlCharacters } from 'node:util'
import type { LogBody } from '@firn/agent/report/task-log'
import { readEntries } from '@firn/server/logs/lines'

const keptLines = 12

/** The last lines of a build's log. */
export class LogTail {
  #lines: string[] = []

  write(entry: LogBody): void {
    const read = readEntries([{ ...entry, i: 0, ms: 0 }]).lines.map(({ t }) => t)
    this.#lines = [...this.#lines, ...read].slice(-keptLines)
  }

  get lines(): readonly string[] {
    return this.#lines
  }

  /** The newest line that says something, without control sequences. */
  get newest(): string {
    return stripVTControlCharacters(this.#lines.findLast((line) => line.trim() !== '') ?? '').trim()
  }
}

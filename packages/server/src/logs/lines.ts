import { type LogEntry, resultType } from '@firn/contract/agent/log'

/** A visible line as it is kept: ms since the log's start, text, and the phase that begins with it. */
export type Line = { ms: number; t: string; phase?: string }

/** Messages above Nix's level "info" are for those who debug Nix. */
const visibleLevelMax = 3
const lineBytesMax = 64 * 1024

/** Turns entries into lines, in order. A phase is remembered until the next line, which begins it. */
export function makeLineReader(): (entries: LogEntry[]) => Line[] {
  let phase: string | undefined
  return (entries) => {
    const lines: Line[] = []
    for (const entry of entries) {
      if (entry.tag === 'Result' && entry.rtype === resultType.phase) phase = text(entry.fields[0])
      for (const t of textsOf(entry)) {
        lines.push({ ms: entry.ms, t: cut(t), ...(phase === undefined ? {} : { phase }) })
        phase = undefined
      }
    }
    return lines
  }
}

function textsOf(entry: LogEntry): string[] {
  switch (entry.tag) {
    case 'Msg':
      return entry.level <= visibleLevelMax && entry.msg !== '' ? entry.msg.split('\n') : []
    case 'Start':
      return entry.level <= visibleLevelMax && entry.text !== '' ? entry.text.split('\n') : []
    case 'Result':
      return entry.rtype === resultType.logLine ? text(entry.fields[0]).split('\n') : []
    case 'Stop':
      return []
  }
}

function text(field: string | number | undefined): string {
  return field === undefined ? '' : String(field)
}

function cut(line: string): string {
  return line.length <= lineBytesMax
    ? line
    : `${line.slice(0, lineBytesMax)} … (Firn left out ${line.length - lineBytesMax} characters of this line)`
}

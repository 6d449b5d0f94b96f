import { type LogEntry, resultType } from '@firn/contract/agent/log'

/** A visible line as it is kept: ms since the log's start, and text. */
export type Line = { ms: number; t: string }
/** A phase of the builder, and before which of the lines that were read with it it begins. */
export type PhaseStart = { at: number; ms: number; name: string }

/** Messages above Nix's level "info" are for those who debug Nix. */
const visibleLevelMax = 3
/** A line longer than this keeps its beginning and its end. */
const lineChars = { max: 1024 * 1024, end: 256 * 1024 }
/** More lines than this in one entry are left out: no memory of ours is for the one who sends them. */
const linesOfEntryMax = 100_000
const phaseCharsMax = 200

/**
 * What a person reads of entries (hercules-ci.md 4.9.4), in order. Everything a builder prints is text; of what Nix makes
 * of it, only the name of a phase has an effect.
 */
export function readEntries(entries: readonly LogEntry[]): { lines: Line[]; phases: PhaseStart[] } {
  const lines: Line[] = []
  const phases: PhaseStart[] = []
  for (const entry of entries) {
    if (entry.tag === 'Result' && entry.rtype === resultType.phase)
      phases.push({ at: lines.length, ms: entry.ms, name: textOf(entry.fields[0]).slice(0, phaseCharsMax) })
    for (const t of textsOf(entry)) lines.push({ ms: entry.ms, t: cut(t) })
  }
  return { lines, phases }
}

/** The lines of a text that came whole, without times. */
export function readText(text: string): Line[] {
  const lines = (text.endsWith('\n') ? text.slice(0, -1) : text).split('\n')
  return text === '' ? [] : lines.map((t) => ({ ms: 0, t: cut(t) }))
}

function textsOf(entry: LogEntry): string[] {
  switch (entry.tag) {
    case 'Msg':
      return entry.level <= visibleLevelMax && entry.msg !== '' ? splitLines(entry.msg) : []
    case 'Start':
      return entry.level <= visibleLevelMax && entry.text !== '' ? splitLines(entry.text) : []
    case 'Result':
      return entry.rtype === resultType.logLine ? splitLines(textOf(entry.fields[0])) : []
    case 'Stop':
      return []
  }
}

function textOf(field: string | number | undefined): string {
  return field === undefined ? '' : String(field)
}

function splitLines(text: string): string[] {
  const lines = text.split('\n', linesOfEntryMax + 1)
  if (lines.length > linesOfEntryMax)
    lines[linesOfEntryMax] = `… (Firn left out the rest of this message: it has more than ${linesOfEntryMax} lines)`
  return lines
}

function cut(line: string): string {
  if (line.length <= lineChars.max) return line
  const begin = line.slice(0, lineChars.max - lineChars.end)
  const left = line.length - lineChars.max
  return `${begin} … (Firn left out ${left} characters of this line) … ${line.slice(-lineChars.end)}`
}

/** All that begins with an escape, in one pass, so that nothing new can arise from what is left. The first is SGR. */
const sequence =
  /(\x1b\[[0-9;]*m)|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\|$)|\x1b[PX^_][^\x1b]*(?:\x1b\\|$)|\x1b\[[0-?]*[ -/]*[@-~]?|\x1b[ -/]*[0-~]?/g
/** Controls that draw nothing, but for tab, line feed and escape; and the 8-bit ones. */
const controls = /[\x00-\x08\x0b-\x1a\x1c-\x1f\x7f-\x9f]/g
/** Marks that turn the direction of text can make a name read as another. */
const directionMarks = /[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/g

/** What a terminal would show of a line that was overwritten: the part after the last carriage return. */
function lastOverwrite(line: string): string {
  const trimmed = line.replace(/\r+$/, '')
  return trimmed.slice(trimmed.lastIndexOf('\r') + 1)
}

/**
 * Leaves of a text from a log or from Nix only what may be drawn: characters, tabs, line feeds and SGR colours.
 * Links (OSC 8), cursor movements, titles and all other commands to a terminal vanish; marks of direction show as �.
 */
export function cleanLog(text: string): string {
  const commandless = text.replace(sequence, (_, sgr: string | undefined) => sgr ?? '')
  const lines = commandless.includes('\r') ? commandless.split('\n').map(lastOverwrite).join('\n') : commandless
  return lines.replace(controls, '').replace(directionMarks, '\ufffd')
}

/** The same without colours, for searching and for names. */
export const plainLog = (text: string): string => cleanLog(text).replace(/\x1b\[[0-9;]*m/g, '')

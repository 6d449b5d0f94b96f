/**
 * What may be drawn of a text that somebody else wrote: a builder, an expression, an agent. A terminal would obey some of
 * it; here all of it is text, and only colours (SGR) have an effect.
 */

/**
 * Commands to a terminal: SGR (kept), OSC (links, titles, the clipboard), DCS and its like, CSI, other escapes; in one
 * pass, so that nothing new can arise from what is left. One without its end hides nothing: only its beginning goes.
 */
const sequence =
  /(\x1b\[[0-9;]*m)|\x1b\][^\x07\x1b\x9c\n]*(?:\x07|\x1b\\|\x9c)|\x1b[PX^_][^\x1b\x9c\n]*(?:\x1b\\|\x9c)|\x1b\[[0-?]*[ -/]*[@-~]?|\x1b[ -/]*[0-~]?/g
/** Controls that draw nothing, but for tab, line feed and escape; and the 8-bit ones. */
const controls = /[\x00-\x08\x0b-\x1a\x1c-\x1f\x7f-\x9f]/g
/**
 * What one cannot see and makes a text read as another: marks of direction, characters without width, line ends of
 * Unicode, tags. The joiner between two pictures makes one picture of them, and stays.
 */
const invisible =
  /(?<=\p{Extended_Pictographic}\ufe0f?)(\u200d)(?=\p{Extended_Pictographic})|\u034f|[\u00ad\u061c\u115f\u1160\u17b4\u17b5\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\u3164\ufeff\uffa0\ufff9-\ufffb]|[\u{e0000}-\u{e007f}]/gu
const mayHideSomething = /[^\x00-\xac\xae-\u033f]/

/** What a terminal would show of a line that was overwritten: the part after the last carriage return. */
function lastOverwrite(line: string): string {
  const trimmed = line.replace(/\r+$/, '')
  return trimmed.slice(trimmed.lastIndexOf('\r') + 1)
}

/**
 * Leaves of a text from a log or from Nix only what may be drawn: characters, tabs, line feeds and SGR colours.
 * Links (OSC 8), cursor movements, titles and all other commands to a terminal vanish; what is there and cannot be
 * seen shows as �.
 */
export function cleanLog(text: string): string {
  const commandless = text.includes('\x1b') ? text.replace(sequence, (_, sgr: string | undefined) => sgr ?? '') : text
  const lines = commandless.includes('\r') ? commandless.split('\n').map(lastOverwrite).join('\n') : commandless
  const controlless = lines.replace(controls, '')
  return mayHideSomething.test(controlless)
    ? controlless.replace(invisible, (_, joiner: string | undefined) => joiner ?? '\ufffd')
    : controlless
}

/** The same without colours, for searching and for names. */
export const plainLog = (text: string): string => cleanLog(text).replace(/\x1b\[[0-9;]*m/g, '')

/**
 * How the repl is asked, and how its answers are told from everything else on its standard error.
 *
 * The program and three functions are bound once. Then each batch of questions is a file of paths and a line that asks
 * them in turn (the repl reads its input slowly, about 2 µs a byte, so the names go by file); each answer is a
 * `builtins.trace` of its own. An error ends the line: the first question without an answer is the culprit. A second line
 * marks the end of the batch whatever happened. The nonce goes through the repl's input only: expressions cannot read it.
 */
import { nixString, nixStrings } from './nix-text.ts'
import type { Path } from './notice.ts'

export type Question = { kind: 'describe'; path: Path } | { kind: 'read'; expression: string }

export type Frame = { kind: 'answer'; json: string } | { kind: 'end'; batch: number }

/** Lines that a fresh repl gets; `program` is an expression on one line. */
export function openingLines(program: string, nonce: string): string {
  const tell = `(v: builtins.trace (${nixString(`${nonce}A `)} + builtins.unsafeDiscardStringContext (builtins.toJSON v)) null)`
  return [
    `it = ${program}`,
    `firnTell = ${tell}`,
    `firnAsk = builtins.foldl' (u: p: firnTell (it.describe (builtins.foldl' it.child it.root p))) null`,
    `firnEnd = id: builtins.trace (${nixString(`${nonce}E `)} + builtins.toString id) null`,
    '',
  ].join('\n')
}

/** The line for paths that stand in a file, as JSON. */
export function askByFile(file: string): string {
  return `firnAsk (builtins.fromJSON (builtins.readFile ${nixString(file)}))`
}

export function askInline(paths: readonly Path[]): string {
  return `firnAsk [ ${paths.map(nixStrings).join(' ')} ]`
}

/** The line for a function of `it`, an expression on one line. */
export function readLine(expression: string): string {
  return `firnTell (${expression} it)`
}

export function endLine(batch: number): string {
  return `firnEnd ${batch}`
}

const tracePrefix = 'trace: '

/** A frame of ours, if the message is one. */
export function parseFrame(message: string, nonce: string): Frame | undefined {
  if (!message.startsWith(nonce, tracePrefix.length)) return undefined
  const at = tracePrefix.length + nonce.length
  const rest = message.slice(at + 2)
  return message[at] === 'A' ? { kind: 'answer', json: rest } : { kind: 'end', batch: Number(rest) }
}

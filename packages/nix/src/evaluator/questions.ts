/**
 * How the repl is asked, and how its answers are told from everything else on its standard error.
 *
 * The program and three functions are bound once. Then each batch of questions is a file of paths and a line that asks
 * them in turn (the repl reads its input slowly, about 2 µs a byte, so the names go by file); each answer is a
 * `builtins.trace` of its own. An error ends the line: the first question without an answer is the culprit. Two more lines
 * mark the end of the batch whatever happened. The nonce goes through the repl's input only: expressions cannot read it.
 *
 * Why two: where a file of the repository ends too early, the repl (tried: 2.8 and 2.26, not 2.34) takes our own line for one
 * that is not finished, says nothing, and puts each line that follows behind it. The first of the two is a command of
 * the repl when it stands alone, and a syntax error behind another line, with which the repl forgets both; then only the
 * second is obeyed. Whoever hears the second without the first knows that an error was kept from him.
 */
import { nixString, nixStrings } from './nix-text.ts'
import type { Path } from './notice.ts'

export type Question = { kind: 'describe'; path: Path } | { kind: 'read'; expression: string }

/** `end`, then `sealed`, of every batch; `sealed` alone where the repl kept an error to itself. */
export type Frame = { kind: 'answer'; json: string } | { kind: 'end' | 'sealed'; batch: number }

/** Lines that a fresh repl gets; `program` is an expression on one line. */
export function openingLines(program: string, nonce: string): string {
  return [...definitions(program, nonce), ...markers(nonce), ''].join('\n')
}

/** All that an evaluator needs that is asked one thing and ends; `program` and `line` may be of many lines. */
export function wholeText(program: string, nonce: string, line: string): string {
  return `let\n${definitions(program, nonce).join(';\n')};\nin ${line}\n`
}

function definitions(program: string, nonce: string): string[] {
  const tell = `(v: builtins.trace (${nixString(`${nonce}A `)} + builtins.unsafeDiscardStringContext (builtins.toJSON v)) null)`
  return [
    `it = ${program}`,
    `firnTell = ${tell}`,
    `firnAsk = builtins.foldl' (u: p: firnTell (it.describe (builtins.foldl' it.child it.root p))) null`,
  ]
}

function markers(nonce: string): string[] {
  const marker = (letter: string) =>
    `id: builtins.trace (${nixString(`${nonce}${letter} `)} + builtins.toString id) null`
  return [`firnEnd = ${marker('E')}`, `firnSeal = ${marker('S')}`]
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

export function endLines(batch: number): string {
  return `:p firnEnd ${batch}\nfirnSeal ${batch}\n`
}

const tracePrefix = 'trace: '

/** A frame of ours, if the message is one. */
export function parseFrame(message: string, nonce: string): Frame | undefined {
  if (!message.startsWith(nonce, tracePrefix.length)) return undefined
  const at = tracePrefix.length + nonce.length
  const rest = message.slice(at + 2)
  if (message[at] === 'A') return { kind: 'answer', json: rest }
  return { kind: message[at] === 'E' ? 'end' : 'sealed', batch: Number(rest) }
}

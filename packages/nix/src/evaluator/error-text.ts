/**
 * Nix's error text taken apart. 2.8 prints the message first and the trace after it; later versions print the trace, then
 * `error:` again and the message. Nix gives neither kind nor position apart from this text.
 */
import type { EvaluationError, Position } from './notice.ts'

const colour = /\x1b\[[0-9;]*m/g
const frameStart = /\n\n? {7}… /

/** Where our own text stands: in a file of ours, in what the repl read, or on an evaluator's input. */
const own = '(?:«(?:string|stdin)»|/[^\\s:]*-firn-(?:program|expression)\\.nix)'
const ownFrame = new RegExp(own)
const colours = '(?:\\x1b\\[[0-9;]*m)*'
const ownPlace = `${colours}at ${colours}${own}${colours}(?::\\d+:\\d+)?${colours}`
/** `at PLACE:` on a line of its own, with the lines that Nix shows of the source. */
const ownSnippet = new RegExp(`\\n\\n? *${ownPlace}:(?:\\n(?: *\\d*${colours}\\|.*)?)*`, 'g')
const ownMention = new RegExp(` ${ownPlace}`, 'g')

export function withoutColours(text: string): string {
  return text.replace(colour, '')
}

/** What an `error:` message says: without what it says of our own text, not indented. */
export function parseErrorText(text: string): EvaluationError {
  const { message, trace, position } = splitErrorText(text)
  const type = errorType(withoutColours(message))
  const told = message === '' ? 'the expression threw an empty message' : message
  return { message: told, ...(trace && { trace }), ...(type && { errorType: type }), ...(position && { position }) }
}

function splitErrorText(text: string): { message: string; trace: string; position: Position | undefined } {
  const body = text.replace(/^(\x1b\[[0-9;]*m)*error:(\x1b\[[0-9;]*m)* ?/, '')
  const again = lastHeading(body)
  if (again) {
    const frames = foreignFrames(body.slice(0, again.from))
    const message = withoutOwn(dedent(body.slice(again.to)))
    return { message, trace: frames.join('\n'), position: positionIn(message) ?? positionIn(frames.at(-1) ?? '') }
  }
  const cut = frameStart.exec(body)?.index ?? body.length
  const frames = foreignFrames(body.slice(cut))
  const message = withoutOwn(dedent(body.slice(0, cut)))
  return { message, trace: frames.join('\n'), position: positionIn(message) ?? positionIn(frames[0] ?? '') }
}

/** The last `error:` heading, after which the message stands; none where nothing precedes the message. */
function lastHeading(body: string): { from: number; to: number } | undefined {
  if (!/^\s*… /.test(body)) return undefined
  let last: { from: number; to: number } | undefined
  for (const match of body.matchAll(/\n {7}(?:\x1b\[[0-9;]*m)*error:(?:\x1b\[[0-9;]*m)* ?/g)) {
    last = { from: match.index, to: match.index + match[0].length }
    break // a user's text may hold such a line itself; ours is the first after the frames
  }
  return last
}

function foreignFrames(text: string): string[] {
  const frames = `\n${text}`.split(/\n {7}(?=… )/).map((frame) => dedent(frame).trim())
  return frames.filter((frame) => frame !== '' && !ownFrame.test(frame))
}

/** Our program means nothing to the reader, and its folder is another one each time. */
function withoutOwn(message: string): string {
  return message.replace(ownSnippet, '').replace(ownMention, '').trim()
}

function dedent(text: string): string {
  return text.replace(/\n {7}/g, '\n').trim()
}

function positionIn(text: string): Position | undefined {
  const match = /(?:^|\n)\s*at (\/[^\n]*?):(\d+):(\d+):/.exec(withoutColours(text))
  const [, file, line, column] = match ?? []
  return file === undefined ? undefined : { file, line: Number(line), column: Number(column) }
}

const kinds: [RegExp, string][] = [
  [/^evaluation aborted with the following error message/, 'Abort'],
  [/^assertion .* failed/, 'AssertionError'],
  [/^infinite recursion encountered/, 'InfiniteRecursionError'],
  [/^stack overflow/, 'StackOverflowError'],
  [/^undefined variable/, 'UndefinedVarError'],
  [/^attribute '.*' missing/, 'MissingAttribute'],
  [/^syntax error/, 'ParseError'],
  [/^access to .* is forbidden/, 'RestrictedPathError'],
  [
    /^(cannot coerce|expected an? |value is |cannot add |attempt to call something which is not a function)/,
    'TypeError',
  ],
]

/** The kind as far as the text tells; a user's `throw` may hold any text and mostly has none. */
function errorType(message: string): string | undefined {
  return kinds.find(([pattern]) => pattern.test(message))?.[1]
}

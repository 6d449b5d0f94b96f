/** What an evaluation has found, for people: handlers, attributes with their kinds, and errors where they belong. */
import type { AttributeType, EventContents, When } from '@firn/contract/agent/evaluate-event'
import { derivationName } from '@firn/core/status/derivation-sentence'
import { count } from '@firn/core/status/job-sentence'
import { inLine } from '../watch/in-line.ts'
import { where } from '../watch/job-lines.ts'
import type { Printer } from '../watch/printer.ts'
import { tableLines } from '../watch/table.ts'
import { widthOf } from '../watch/width.ts'
import type { Found, FoundAttribute } from './found.ts'

const kinds: Record<AttributeType, string> = {
  Regular: 'build',
  MayFail: 'may fail',
  MustFail: 'must fail',
  DependenciesOnly: 'dependencies only',
  Effect: 'effect',
}

/** Longer names stand alone in their line. */
const nameWidthMax = 60

/** `cells`: after the name the kind, and what there is to say of it. */
type Row = { cells: string[]; below: string[]; isError: boolean }

export function printFound(printer: Printer, title: string, found: Found): void {
  printer.line(printer.style('bold', `${inLine(title)} — ${summaryOf(found)}`))
  for (const rows of [handlerRows(found), attributeRows(found)]) printRows(printer, rows)
  for (const { typ, message } of found.messages)
    if (typ === 'Error')
      for (const line of message.split('\n')) printer.line(`  ${printer.style('red', printer.foreign(line))}`)
}

function printRows(printer: Printer, rows: readonly Row[]): void {
  const parts = rows.map(({ cells }) => splitLong(cells))
  const lines = tableLines(parts.flat())
  for (const [i, { below, isError }] of rows.entries()) {
    const [line, ...rest] = lines.splice(0, parts[i]?.length)
    printer.line(`  ${isError ? printer.style('red', `✕ ${line}`) : `● ${line}`}`)
    for (const more of rest) printer.line(`    ${more}`)
    for (const more of below) printer.line(`      ${printer.foreign(more)}`)
  }
}

function splitLong([name = '', ...others]: readonly string[]): string[][] {
  return widthOf(name) > nameWidthMax ? [[name], ['', ...others]] : [[name, ...others]]
}

/** `6 attributes, 2 errors` */
export function summaryOf({ attributes, messages, onPush, onSchedule, errors, hasConfig, problems }: Found): string {
  const handlers = onPush.length + onSchedule.length
  const parts = [
    ...(hasConfig ? [count(handlers, 'handler')] : []),
    ...(hasConfig && attributes.length === 0 ? [] : [count(attributes.length, 'attribute')]),
    ...(problems > 0 ? [count(errors.length + messages.filter(({ typ }) => typ === 'Error').length, 'error')] : []),
  ]
  return parts.join(', ')
}

function handlerRows({ onPush, onSchedule }: Found): Row[] {
  const row = (name: string, contents: EventContents<'OnPushHandlerEvent'>, kind: string): Row => {
    const inputs = Object.entries(contents.handlerExtraInputs).map(
      ([
        input,
        {
          contents: { project, ref },
        },
      ]) => inLine(`extra input ${input}: project ${project}${ref == null ? '' : `, ${ref}`}`),
    )
    const about = inputs.length === 0 ? kind : `${kind}  ${inputs.join('; ')}`
    return { cells: [inLine(name), about], below: [], isError: false }
  }
  return [
    ...onPush.map((contents) => row(`onPush.${contents.handlerName}`, contents, 'handler')),
    ...onSchedule.map((contents) => row(`onSchedule.${contents.handlerName}`, contents, showWhen(contents.when))),
  ]
}

/** Times are UTC; what is not said is chosen by the server (hercules-ci.md 1.11.6). */
function showWhen({ minute, hour, dayOfWeek, dayOfMonth }: When): string {
  const hours =
    hour == null
      ? `at ${minute == null ? '' : `minute ${minute} of `}some hour`
      : `at ${hour.map((h) => `${h}:${String(minute ?? 'xx').padStart(2, '0')}`).join(', ')}`
  const days = [...(dayOfWeek ?? []), ...(dayOfMonth ?? []).map((day) => `day ${day}`)]
  return ['schedule', hours, ...(days.length === 0 ? [] : [`on ${days.join(', ')}`])].join(' ')
}

function attributeRows({ attributes, errors }: Found): Row[] {
  const rows = [...attributes.map(attributeRow), ...errors.map(errorRow)]
  return rows.sort(({ cells: [one = ''] }, { cells: [other = ''] }) => (one < other ? -1 : one > other ? 1 : 0))
}

function attributeRow({ path, type, drvPath, secrets }: FoundAttribute): Row {
  const asks = secrets.length === 0 ? '' : `  secrets: ${inLine(secrets.join(', '))}`
  return { cells: [where(path), kinds[type], `${derivationName(drvPath)}${asks}`], below: [], isError: false }
}

function errorRow({ expressionPath, errorMessage, trace }: EventContents<'AttributeError'>): Row {
  const position = /at \.\/\S+?:\d+:\d+/.test(errorMessage) ? undefined : positionIn(trace ?? '')
  const below = [...errorMessage.trimEnd().split('\n'), ...(position === undefined ? [] : [position])]
  return { cells: [where(expressionPath), 'error'], below, isError: true }
}

/** The innermost place in the repository's own files. */
function positionIn(trace: string): string | undefined {
  const plain = trace.replace(/\x1b\[[0-9;]*m/g, '')
  return [...plain.matchAll(/at (?:\.\/|«)\S+?:\d+:\d+/g)].at(-1)?.[0]
}

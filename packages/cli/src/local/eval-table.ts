/** What an evaluation has found, for people: handlers, attributes with their kinds, and errors where they belong. */
import type { AttributeType, EventContents, When } from '@firn/contract/agent/evaluate-event'
import { derivationName } from '@firn/core/status/derivation-sentence'
import { count } from '@firn/core/status/job-sentence'
import { where } from '../watch/job-lines.ts'
import type { Printer } from '../watch/printer.ts'
import type { Found, FoundAttribute } from './found.ts'

const kinds: Record<AttributeType, string> = {
  Regular: 'build',
  MayFail: 'may fail',
  MustFail: 'must fail',
  DependenciesOnly: 'dependencies only',
  Effect: 'effect',
}

const pathWidthMax = 60

type Row = { path: string; kind: string; text: string; below: string[]; isError: boolean }

export function printFound(printer: Printer, title: string, found: Found): void {
  printer.line(printer.style('bold', `${printer.foreign(title)} — ${summaryOf(found)}`))
  const rows = [...handlerRows(found), ...attributeRows(found)]
  const width = (of: (row: Row) => string) => Math.min(pathWidthMax, Math.max(0, ...rows.map((row) => of(row).length)))
  const widths = { path: width((row) => row.path), kind: width((row) => row.kind) }
  for (const { path, kind, text, below, isError } of rows) {
    const padded = `${path.padEnd(widths.path)}  ${kind.padEnd(widths.kind)}`
    const line = printer.foreign(`${padded}  ${text}`.trimEnd())
    printer.line(`  ${isError ? printer.style('red', `✕ ${line}`) : `● ${line}`}`)
    for (const more of below) printer.line(`      ${printer.foreign(more)}`)
  }
  for (const { typ, message } of found.messages)
    if (typ === 'Error')
      for (const line of message.split('\n')) printer.line(`  ${printer.style('red', printer.foreign(line))}`)
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
  const row = (path: string, contents: EventContents<'OnPushHandlerEvent'>, kind: string): Row => {
    const inputs = Object.entries(contents.handlerExtraInputs).map(([name, input]) => {
      const { project, ref } = input.contents
      return `extra input ${name}: project ${project}${ref == null ? '' : `, ${ref}`}`
    })
    return { path, kind, text: inputs.join('; '), below: [], isError: false }
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
      ? 'at some hour'
      : `at ${hour.map((h) => `${h}:${String(minute ?? 'xx').padStart(2, '0')}`).join(', ')}`
  const days = [...(dayOfWeek ?? []), ...(dayOfMonth ?? []).map((day) => `day ${day}`)]
  return ['schedule', hours, ...(days.length === 0 ? [] : [`on ${days.join(', ')}`])].join(' ')
}

function attributeRows({ attributes, errors }: Found): Row[] {
  const rows = [...attributes.map(attributeRow), ...errors.map(errorRow)]
  return rows.sort((one, other) => (one.path < other.path ? -1 : one.path > other.path ? 1 : 0))
}

function attributeRow({ path, type, drvPath, secrets }: FoundAttribute): Row {
  const asks = secrets.length === 0 ? '' : `  secrets: ${secrets.join(', ')}`
  return { path: where(path), kind: kinds[type], text: `${derivationName(drvPath)}${asks}`, below: [], isError: false }
}

function errorRow({ expressionPath, errorMessage, trace }: EventContents<'AttributeError'>): Row {
  const position = /at \.\/\S+?:\d+:\d+/.test(errorMessage) ? undefined : positionIn(trace ?? '')
  const below = [...errorMessage.trimEnd().split('\n'), ...(position === undefined ? [] : [position])]
  return { path: where(expressionPath), kind: 'error', text: '', below, isError: true }
}

/** The innermost place in the repository's own files. */
function positionIn(trace: string): string | undefined {
  const plain = trace.replace(/\x1b\[[0-9;]*m/g, '')
  return [...plain.matchAll(/at (?:\.\/|«)\S+?:\d+:\d+/g)].at(-1)?.[0]
}

/** How a job is told when it has ended: every attribute, errors with their text, the last lines of what failed. */
import type { AttributeRow } from '@firn/contract/api/evaluation'
import type { FailureGroup, JobOverview } from '@firn/contract/api/overview'
import { derivationName } from '@firn/core/status/derivation-sentence'
import { type JobView, numbered, where } from './job-lines.ts'
import { duration, type Printer } from './printer.ts'

export type ResultRow = Pick<AttributeRow, 'path' | 'durationMs'> & {
  state: Shape
  /** said instead of the state's own word */
  word?: string
}

export type JobResult = {
  job: JobView
  rows: AsyncIterable<ResultRow> | Iterable<ResultRow>
  messages: readonly Pick<JobOverview['messages'][number], 'typ' | 'message'>[]
  errors: readonly Pick<JobOverview['errors'][number], 'expressionPath' | 'errorMessage'>[]
  failures: readonly (Pick<FailureGroup, 'derivationPath' | 'technicalError' | 'because' | 'blocks' | 'blocksTotal'> & {
    lastLines: readonly { t: string }[]
  } & Partial<Pick<FailureGroup, 'remembered'>>)[]
  /** sentences at the end: what is not run and why */
  remarks: readonly string[]
}

export async function printResult(printer: Printer, result: JobResult): Promise<void> {
  printer.line()
  printer.line(printer.style('bold', `${numbered(result.job)} — ${printer.foreignLine(result.job.because)}`))
  for await (const row of result.rows) printRow(printer, row)
  printProblems(printer, result)
  for (const remark of result.remarks) printer.line(`\n  ${printer.foreign(remark)}`)
}

export type Shape = AttributeRow['state'] | 'Broken'

const shape: Record<Shape, [string, 'green' | 'red' | 'yellow' | 'gray' | 'blue']> = {
  Succeeded: ['●', 'green'],
  Failed: ['✕', 'red'],
  Error: ['✕', 'red'],
  Blocked: ['↯', 'red'],
  Running: ['◐', 'blue'],
  Waiting: ['○', 'gray'],
  Cancelled: ['⊘', 'gray'],
  Ignored: ['✕', 'gray'],
  NotRun: ['○', 'gray'],
  Broken: ['⚠', 'yellow'],
}

/** A state for the eye; a word stands beside it. */
export function mark(printer: Printer, state: Shape): string {
  const [sign, colour] = shape[state]
  return printer.style(colour, sign)
}

const stateWords: Record<string, string> = {
  NotRun: 'not run by this version',
  Ignored: 'failed, as it may',
  Error: 'error',
}

function printRow(printer: Printer, { path, state, durationMs, word }: ResultRow): void {
  const took = durationMs === null ? '' : `  ${duration(durationMs)}`
  const words = word ?? stateWords[state] ?? state.toLowerCase()
  printer.line(`  ${mark(printer, state)} ${where(path)}  ${words}${took}`)
}

function printProblems(printer: Printer, { errors, failures, messages }: JobResult): void {
  for (const { typ, message } of messages) if (typ === 'Error') printer.line(`\n  ${printer.foreign(message)}`)
  for (const error of errors) {
    printer.line(`\n  ${printer.style('bold', where(error.expressionPath))} does not evaluate:`)
    for (const text of printer.foreign(error.errorMessage).split('\n')) printer.line(`    ${text}`)
  }
  for (const failure of failures) {
    printer.line(
      `\n  ${printer.style('bold', derivationName(failure.derivationPath))} failed${before(failure)}${blocking(failure)}:`,
    )
    const broken = failure.technicalError === null ? '' : 'Broken, which is not its fault: '
    printer.line(`    ${broken}${printer.foreign(failure.because)}`)
    for (const { t } of failure.lastLines) printer.line(`    ${printer.foreign(t)}`)
    printer.line(`    (${failure.derivationPath})`)
  }
}

/** That it was not built for this job, and for which it was. */
function before({ remembered }: JobResult['failures'][number]): string {
  if (!remembered) return ''
  const { job } = remembered
  return ` before this job${job === null ? '' : `, for ${job.project}#${job.index}`}`
}

const namedMax = 3

function blocking({ blocks, blocksTotal }: JobResult['failures'][number]): string {
  if (blocksTotal === 0) return ''
  const more = blocksTotal > namedMax ? ` and ${blocksTotal - namedMax} more` : ''
  return `, which blocks ${blocks.slice(0, namedMax).map(where).join(', ')}${more}`
}

/**
 * What a reader of `./test` sees: a line for each file when it is done, and at the end the failures in full, what was
 * skipped and why, and the slowest ten.
 */
import { relative } from 'node:path'
import type { TestEvent } from 'node:test/reporters'
import { inspect } from 'node:util'

type Ended = Extract<TestEvent, { type: 'test:pass' | 'test:fail' }>
type Failure = { title: string; error: unknown }

export default async function* report(events: AsyncIterable<TestEvent>): AsyncGenerator<string> {
  const titles = new Titles()
  const failures: Failure[] = []
  const skipped: string[] = []
  const slow: { title: string; ms: number }[] = []
  for await (const event of events) {
    if (event.type === 'test:start') titles.begin(event.data)
    if (event.type === 'test:stderr' || event.type === 'test:stdout') yield event.data.message
    if (event.type === 'test:summary' && event.data.file !== undefined) yield fileLine(event.data.file, event.data)
    if (event.type !== 'test:pass' && event.type !== 'test:fail') continue
    const title = titles.of(event.data)
    if (event.type === 'test:fail' && !onlyItsChildrenFailed(event)) {
      failures.push({ title, error: event.data.details.error })
    }
    const reason = skipReason(event)
    if (reason !== undefined) skipped.push(`${title}: ${reason}`)
    if (event.data.details.type !== 'suite') slow.push({ title, ms: event.data.details.duration_ms })
  }
  yield section(
    'Slowest',
    slow
      .sort((a, b) => b.ms - a.ms)
      .slice(0, 10)
      .map(({ title, ms }) => `${seconds(ms).padStart(7)}  ${title}`),
  )
  yield section('Skipped', skipped)
  yield failures.map(failureText).join('')
}

/** Names with those of the suites around them. Each file's events come in order, with the depth of each test. */
class Titles {
  readonly #open = new Map<string | undefined, string[]>()

  begin({ file, nesting, name }: { file?: string; nesting: number; name: string }): void {
    this.#open.set(file, [...(this.#open.get(file) ?? []).slice(0, nesting), name])
  }

  of({ file, nesting, name, line }: { file?: string; nesting: number; name: string; line?: number }): string {
    const around = (this.#open.get(file) ?? []).slice(0, nesting)
    return `${shortPath(file)}${line === undefined ? '' : `:${line}`} › ${[...around, name].join(' › ')}`
  }
}

function shortPath(file: string | undefined): string {
  return file === undefined ? '' : relative('.', file)
}

function onlyItsChildrenFailed(event: Ended): boolean {
  const error = event.type === 'test:fail' ? event.data.details.error : undefined
  return error !== undefined && 'failureType' in error && error.failureType === 'subtestsFailed'
}

/** A test still to be written (todo) is a kind of skipped one. */
function skipReason({ data }: Ended): string | undefined {
  const mark = data.skip ?? data.todo
  if (mark === undefined || mark === false) return undefined
  return typeof mark === 'string' && mark !== '' ? mark : 'no reason is given'
}

function fileLine(
  file: string,
  { counts, success, duration_ms }: { counts: { tests: number }; success: boolean; duration_ms: number },
) {
  return `${success ? '✔' : '✖'} ${shortPath(file)} (${counts.tests} tests, ${seconds(duration_ms)})\n`
}

function failureText({ title, error }: Failure): string {
  // The error that the test threw is the cause of the one that node:test reports.
  const thrown = error instanceof Error && error.cause !== undefined ? error.cause : error
  if (error instanceof Error && 'exitCode' in error)
    return `\n✖ ${title}\n    the file ended early: ${howItEnded(error)}\n`
  const text = thrown instanceof Error ? inspect(thrown, { colors: false, depth: 8 }) : String(thrown)
  return `\n✖ ${title}\n${text.replaceAll(/^/gm, '    ')}\n`
}

/** Its own words went to stderr, and stand further up. */
function howItEnded(error: Error & { exitCode: unknown; signal?: unknown }): string {
  return error.signal ? `signal ${error.signal}` : `exit code ${error.exitCode}`
}

function section(heading: string, lines: string[]): string {
  return lines.length === 0 ? '' : `\n${heading}\n${lines.map((line) => `    ${line}\n`).join('')}`
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`
}

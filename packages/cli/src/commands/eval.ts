import { once } from 'node:events'
import { logLevel } from '@firn/agent/report/task-log'
import type { EvaluationKind } from '@firn/agent/task/evaluate'
import { buildImportsHere } from '@firn/agent/task/evaluate/build-imports-here'
import type { HandlerName } from '@firn/agent/task/evaluate/program'
import type { EvaluateEvent } from '@firn/contract/agent/evaluate-event'
import { StorePool } from '@firn/nix/daemon/pool'
import { checkHandler, checkInputs, checkKind } from '../local/declared-inputs.ts'
import { printFound, summaryOf } from '../local/eval-table.ts'
import { endOf, evaluateHere, parseHandler, titleOf } from '../local/evaluate-here.ts'
import { Found } from '../local/found.ts'
import { logTo } from '../local/log-lines.ts'
import { type LocalOptions, type Prepared, prepare } from '../local/prepare.ts'
import { publishedEvent } from '../local/published-event.ts'
import { stopSignal } from '../stop-signal.ts'
import { duration, openPrinter, type Printer } from '../watch/printer.ts'
import type { World } from '../world.ts'

export type EvalOptions = LocalOptions & { json?: true | undefined }

/** Worse endings are larger. */
type ExitStatus = 0 | 1 | 2

/** Imports from derivation that are built at the same time. */
const importSlots = 4

/**
 * Evaluates a folder as an agent would for a push, without a server. Answers go to standard output, notes and the
 * evaluation's log to standard error.
 * @returns 0; 1: an attribute or the whole has an error; 2: the evaluation itself broke; 130: stopped
 */
export async function evaluate(path: string, options: EvalOptions, world: World): Promise<number> {
  const handler = options.job === undefined ? null : parseHandler(options.job)
  const signal = stopSignal(world)
  const notes = openPrinter({ env: world.env, stdout: world.stderr })
  await using prepared = await prepare(world, { path, options, slots: importSlots }, signal)
  for (const note of prepared.notes) notes.line(note)
  await using pool = new StorePool(prepared.machine.store, { min: 0, max: importSlots, verbosity: logLevel.info })
  const session: Session = { prepared, pool, notes, signal, answer: options.json ? json(world) : table(world) }
  try {
    const status = await evaluateJobs(session, handler, options.json === true)
    if (!signal.aborted) return status
  } catch (error) {
    if (!signal.aborted) throw error
  }
  notes.line('Stopped before the evaluation was done.')
  return 130
}

type Session = { prepared: Prepared; pool: StorePool; notes: Printer; signal: AbortSignal; answer: Answer }

/** Where what is found goes. */
type Answer = {
  event(event: EvaluateEvent): Promise<void>
  ended(title: string, found: Found): void
}

function json({ stdout }: World): Answer {
  return {
    async event(event) {
      const published = publishedEvent(event)
      if (published !== undefined && !stdout.write(`${JSON.stringify(published)}\n`)) await once(stdout, 'drain')
    },
    ended() {},
  }
}

function table(world: World): Answer {
  const printer = openPrinter(world)
  let isFirst = true
  return {
    event: async () => {},
    ended(title, found) {
      if (!isFirst) printer.line()
      isFirst = false
      printFound(printer, title, found)
    },
  }
}

/** People are shown what a push would evaluate: after the configuration its handlers. With `--json` it is one task. */
async function evaluateJobs(session: Session, handler: HandlerName | null, isOneTask: boolean): Promise<number> {
  const { prepared, pool, signal } = session
  if (handler !== null) {
    const awaitBuild = buildImportsHere(pool, async () => {}) // its log comes with the handler's own evaluation
    await checkHandler(prepared, handler, { emit: async () => {}, awaitBuild, signal })
    return (await evaluateJob(session, handler)).status
  }
  const { status: worst, found } = await evaluateJob(session, null)
  const handlers = isOneTask || worst !== 0 ? [] : found.onPush.map(({ handlerName: name }) => onPush(name))
  checkInputs(found, handlers.map(titleOf), prepared.source.inputs)
  const statuses: ExitStatus[] = [worst]
  for (const handler of handlers) statuses.push((await evaluateJob(session, handler)).status)
  return Math.max(...statuses)
}

const onPush = (name: string): HandlerName => ({ kind: 'onPush', name })

async function evaluateJob(
  session: Session,
  handler: HandlerName | null,
): Promise<{ status: ExitStatus; found: Found }> {
  const { prepared, pool, notes, signal, answer } = session
  const found = new Found()
  const title = () => (handler !== null ? titleOf(handler) : found.isLegacy ? 'legacy' : 'configuration')
  using live = liveCounts(
    notes,
    () => (handler === null && found.isLegacy === undefined ? 'evaluating' : title()),
    found,
  )
  const log = logTo(notes)
  const emit = async (events: readonly EvaluateEvent[]) => {
    for (const event of events) {
      found.take(event)
      await answer.event(event)
    }
  }
  const onKind = (kind: EvaluationKind) => {
    found.isLegacy = kind === 'legacy'
    checkKind(kind, prepared.source.inputs)
  }
  const awaitBuild = buildImportsHere(pool, log)
  const status = await evaluateHere(prepared, handler, { emit, log, signal, onKind, awaitBuild })
  live[Symbol.dispose]()
  if (signal.aborted) return { status: 2, found }
  answer.ended(title(), found)
  if (status.tag === 'Exceptional' && endOf(status) === 'broken') {
    notes.line(`The evaluation of ${title()} broke: ${status.contents}`)
    return { status: 2, found }
  }
  return { status: found.problems > 0 ? 1 : 0, found }
}

const everyMs = 100

/** On a terminal, one line that says how far it is. */
function liveCounts(printer: Printer, title: () => string, found: Found): Disposable {
  const began = Date.now()
  const draw = () => {
    const waits = found.waiting.size === 0 ? '' : `, ${found.waiting.size} waiting for builds`
    printer.status([`◐ ${title()}: ${summaryOf(found)}${waits}  ${duration(Date.now() - began)}`])
  }
  const timer = printer.isTerminal ? setInterval(draw, everyMs) : undefined
  return {
    [Symbol.dispose]: () => {
      clearInterval(timer)
      printer.status([])
    },
  }
}

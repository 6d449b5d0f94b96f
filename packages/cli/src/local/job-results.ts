/** A judged job of a local run, in the form in which jobs are shown (`watch/`). */
import { showAttributePath } from '@firn/contract/attribute-path'
import { failureSentence } from '@firn/core/build/failure-sentence'
import { inLine } from '../watch/in-line.ts'
import { type JobProgress, where } from '../watch/job-lines.ts'
import type { JobResult, ResultRow } from '../watch/results.ts'
import { attributeState } from './attribute-state.ts'
import type { BuildGraph } from './build-graph.ts'
import type { Builds } from './builds.ts'
import { failuresBelow, type JudgedAttribute, type Judgement, technicalError, viewOf } from './judge-job.ts'

type Known = { graph: BuildGraph; builds: Pick<Builds, 'tail'> }

/** While it runs. */
export function progressOf(judgement: Judgement, { graph, builds }: Known): JobProgress {
  const { job, drvPaths } = judgement
  const running = [...drvPaths].flatMap((derivationPath) => {
    const state = graph.state(derivationPath)
    if (state?.is !== 'building') return []
    const startedAt = new Date(state.since).toISOString()
    return [{ derivationPath, startedAt, expectedMs: null, note: builds.tail(derivationPath)?.newest ?? '' }]
  })
  return {
    job: viewOf(judgement, graph),
    errors: job.found.errors,
    failures: failed(judgement, graph).map((derivationPath) => ({
      derivationPath,
      technicalError: tellFailure(graph, derivationPath).technicalError,
    })),
    running: running.sort((one, other) => (one.startedAt < other.startedAt ? -1 : 1)),
  }
}

/** When it has ended. */
export function resultOf(judgement: Judgement, { graph, builds }: Known): JobResult {
  const { job } = judgement
  const causes = judgement.attributes
    .filter(({ outcome, type }) => outcome === 'Failure' || type === 'MayFail')
    .map((attribute) => ({ attribute, below: new Set(failuresBelow(attribute, graph)) }))
  const failures = failed(judgement, graph).map((derivationPath) => {
    const blocks = causes
      .filter(({ attribute, below }) => below.has(derivationPath) && attribute.drvPath !== derivationPath)
      .map(({ attribute }) => [...attribute.path])
    return {
      derivationPath,
      ...tellFailure(graph, derivationPath),
      blocks,
      blocksTotal: blocks.length,
      lastLines: (builds.tail(derivationPath)?.lines ?? []).map((t) => ({ t })),
    }
  })
  return {
    job: viewOf(judgement, graph),
    rows: rowsOf(judgement, graph),
    messages: job.found.messages,
    errors: job.found.errors.toSorted(byPath((error) => error.expressionPath)),
    failures,
    remarks: remarksOn(judgement),
  }
}

function tellFailure(graph: BuildGraph, drvPath: string) {
  const state = graph.state(drvPath)
  const failure = state?.is === 'failed' ? (state.failure ?? null) : null
  const broken = technicalError(graph, drvPath)
  return { technicalError: broken, because: broken ?? failureSentence(failure, 'this machine') }
}

function failed({ drvPaths }: Judgement, graph: BuildGraph): string[] {
  return [...drvPaths].filter((drvPath) => graph.state(drvPath)?.is === 'failed')
}

function rowsOf({ job, attributes }: Judgement, graph: BuildGraph): ResultRow[] {
  const errors = job.found.errors.map(
    ({ expressionPath }): ResultRow => ({ path: expressionPath, state: 'Error', durationMs: null }),
  )
  return [...attributes.map((attribute) => rowOf(attribute, graph)), ...errors].sort(byPath((row) => row.path))
}

function rowOf({ path, type, status, outcome, stuck, drvPath }: JudgedAttribute, graph: BuildGraph): ResultRow {
  const state = attributeState(type, status, stuck === undefined ? outcome : 'Pending')
  const built = graph.state(drvPath)
  const durationMs = built?.is === 'built' || built?.is === 'failed' ? built.tookMs : null
  const row = { path: [...path], state, durationMs }
  if (stuck !== undefined) return { ...row, word: inTable(stuck) }
  return state === 'NotRun' ? { ...row, word: 'effect' } : row
}

/** The reason of a sentence, as a word in a table. */
function inTable(because: string): string {
  return because.replace(/^Waiting for agent: none/, 'waiting: no agent').replace(/( is online)?\.$/, '')
}

/** Effects and schedules: what a server would do with them. */
function remarksOn({ job, state }: Judgement): string[] {
  const isGreen = state.phase === 'Done' && state.status === 'Success'
  const effects = job.found.attributes
    .filter(({ type }) => type === 'Effect')
    .map(({ path, secrets }) => {
      const asks = secrets.length === 0 ? '' : `, with the secrets ${secrets.join(', ')}`
      const name = where(path)
      return isGreen
        ? `effect ${name} would run now${asks}.`
        : `effect ${name} would not run, since the job is not green.`
    })
  const schedules = job.found.onSchedule.map(
    ({ handlerName }) =>
      `schedule ${inLine(handlerName)} is not due by a push: --job onSchedule.${inLine(handlerName)} runs it.`,
  )
  return [...effects, ...schedules]
}

function byPath<T>(pathOf: (item: T) => readonly string[]): (one: T, other: T) => number {
  return (one, other) => {
    const [a, b] = [showAttributePath(pathOf(one)), showAttributePath(pathOf(other))]
    return a < b ? -1 : a > b ? 1 : 0
  }
}

/**
 * The jobs of a push on this machine: the configuration, then the handlers one after the other; what they want is built
 * while evaluation goes on.
 */
import type { TaskLog } from '@firn/agent/report/task-log'
import type { EvaluationKind } from '@firn/agent/task/evaluate'
import type { HandlerName } from '@firn/agent/task/evaluate/program'
import type { EvaluateEvent } from '@firn/contract/agent/evaluate-event'
import type { BuildGraph } from './build-graph.ts'
import type { Builds } from './builds.ts'
import { checkHandler, checkInputs, checkKind } from './declared-inputs.ts'
import { endOf, evaluateHere, type LocalEvaluation, titleOf } from './evaluate-here.ts'
import { LocalJob } from './local-job.ts'

export type RunNeeds = {
  evaluation: LocalEvaluation
  graph: BuildGraph
  builds: Builds
  log: TaskLog
  signal: AbortSignal
  /** told of each job when it begins */
  onJob: (job: LocalJob) => void
}

/** Resolves when everything is evaluated and built that can be. @throws with a sentence for the user: see `declared-inputs.ts` */
export async function runJobs(needs: RunNeeds, handler: HandlerName | null): Promise<void> {
  const { evaluation, graph, builds, signal } = needs
  if (handler !== null) {
    const emit = async (events: readonly EvaluateEvent[]) => {
      for (const event of events) if (event.tag === 'DerivationInfo') graph.know(event.contents)
    }
    await checkHandler(evaluation, handler, { emit, awaitBuild: (drvPath) => builds.awaitImport(drvPath), signal })
    await runJob(needs, { index: 1, handler })
    return await builds.settled()
  }
  const config = await runJob(needs, { index: 1, handler: null })
  const { found } = config
  // A configuration with an error in it starts nothing (hercules-ci.md 1.11.10).
  const handlers = config.evaluation === 'succeeded' && found.problems === 0 ? found.onPush : []
  const titles = handlers.map(({ handlerName: name }) => titleOf({ kind: 'onPush', name }))
  checkInputs(found, titles, evaluation.source.inputs)
  for (const [i, { handlerName: name }] of handlers.entries()) {
    if (signal.aborted) break
    await runJob(needs, { index: i + 2, handler: { kind: 'onPush', name } })
  }
  await builds.settled()
}

async function runJob(
  needs: RunNeeds,
  { index, handler }: { index: number; handler: HandlerName | null },
): Promise<LocalJob> {
  const { evaluation, graph, builds, log, signal, onJob } = needs
  const type = handler?.kind === 'onPush' ? 'OnPush' : 'OnSchedule'
  const job = new LocalJob(index, handler === null ? { type: 'Config' } : { type, name: handler.name })
  job.begin()
  onJob(job)
  const emit = async (events: readonly EvaluateEvent[]) => {
    for (const event of events) {
      if (event.tag === 'DerivationInfo') graph.know(event.contents)
      for (const drvPath of job.take(event, graph)) builds.want(drvPath)
    }
  }
  const onKind = (kind: EvaluationKind) => {
    job.found.isLegacy = kind === 'legacy'
    checkKind(kind, evaluation.source.inputs)
  }
  const awaitBuild = (drvPath: string) => builds.awaitImport(drvPath)
  const status = await evaluateHere(evaluation, handler, { emit, log, awaitBuild, onKind, signal })
  if (!signal.aborted) job.evaluated(endOf(status), status.tag === 'Exceptional' ? status.contents : null)
  return job
}

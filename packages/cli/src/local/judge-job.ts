/** How a job of a local run stands, by the rules that the server judges by (`core/job`), and in its words. */
import type { DerivationStatus } from '@firn/contract/api/derivation'
import type { BuildCounts, JobStatus } from '@firn/contract/api/job'
import { foldJob, type JobState } from '@firn/core/job/fold'
import { attributeOutcome } from '@firn/core/job/outcome'
import { jobSentence } from '@firn/core/status/job-sentence'
import type { JobView } from '../watch/job-lines.ts'
import type { BuildGraph } from './build-graph.ts'
import type { FoundAttribute } from './found.ts'
import { type LocalJob, rootsOf } from './local-job.ts'

export type JudgedAttribute = FoundAttribute & {
  status: DerivationStatus
  outcome: JobStatus
  /** why it cannot be built on this machine */
  stuck: string | undefined
}

export type Judgement = {
  job: LocalJob
  attributes: JudgedAttribute[]
  state: JobState
  /** what has to be built or fetched for the job and its evaluation, or was there */
  drvPaths: Set<string>
  /** the reasons why some of these cannot be built on this machine */
  stuck: Set<string>
}

export function judge(job: LocalJob, graph: BuildGraph): Judgement {
  const { evaluation, isCancelled, found } = job
  const attributes = found.attributes.map((attribute) => judgeAttribute(attribute, graph))
  const counted = (wanted: JobStatus) => attributes.filter(({ outcome }) => outcome === wanted).length
  const state = foldJob({
    evaluation,
    problems: found.problems,
    attributes: { pending: counted('Pending'), failed: counted('Failure') },
    isCancelled,
  })
  const wanted = [...found.attributes.flatMap((attribute) => rootsOf(attribute, graph)), ...found.imports]
  const drvPaths = new Set([...wanted, ...graph.closure(wanted)]) // what is not planned yet will be
  const stuck = new Set([...drvPaths].flatMap((drvPath) => whyStuck(graph, drvPath) ?? []))
  return { job, attributes, state, drvPaths, stuck }
}

function judgeAttribute(attribute: FoundAttribute, graph: BuildGraph): JudgedAttribute {
  const roots = rootsOf(attribute, graph)
  const status = graph.status(attribute.drvPath)
  const inputs = roots.map((drvPath) => graph.status(drvPath))
  const outcome = attributeOutcome(attribute.type, status, inputs)
  const stuck = roots.map((drvPath) => whyStuck(graph, drvPath)).find((why) => why !== undefined)
  if (stuck === undefined || outcome !== 'Pending') return { ...attribute, status, outcome, stuck: undefined }
  // Red, since nobody comes who could build it; but what may fail does not count.
  return { ...attribute, status, stuck, outcome: attribute.type === 'MayFail' ? 'Success' : 'Failure' }
}

function whyStuck(graph: BuildGraph, drvPath: string): string | undefined {
  const state = graph.state(drvPath)
  return state?.is === 'stuck' ? state.because : undefined
}

/** Red for no reason but ours: a broken evaluation, or builds that broke. */
export function isOnlyBroken({ job, attributes, state }: Judgement, graph: BuildGraph): boolean {
  if (state.status !== 'Failure' || job.found.problems > 0) return false
  if (job.evaluation === 'failed' && !job.isBroken) return false
  return attributes.every((attribute) => {
    if (attribute.outcome !== 'Failure') return true
    const causes = failuresBelow(attribute, graph)
    return causes.length > 0 && causes.every((drvPath) => technicalError(graph, drvPath) !== null)
  })
}

/** The failed derivations that keep an attribute from being built; its own may be one. */
export function failuresBelow(attribute: FoundAttribute, graph: BuildGraph): string[] {
  return [...graph.closure(rootsOf(attribute, graph))].filter((drvPath) => graph.state(drvPath)?.is === 'failed')
}

export function technicalError(graph: BuildGraph, drvPath: string): string | null {
  const state = graph.state(drvPath)
  return state?.is === 'failed' ? state.technicalError : null
}

export function viewOf({ job, attributes, state, drvPaths, stuck }: Judgement, graph: BuildGraph): JobView {
  const { phase, status } = state
  const because = jobSentence({
    type: job.type,
    // What no machine can build is told among what waits, and a job that has ended does not tell of that.
    phase: phase === 'Done' && stuck.size > 0 ? 'Building' : phase,
    status,
    evaluation: { error: job.error, problems: job.found.problems, agent: 'this machine' },
    counts: countBuilds(drvPaths, graph),
    unmetFailures: attributes.filter((one) => one.type === 'MustFail' && one.status === 'BuildSuccess').length,
    handlers: job.found.onPush.length,
    effects: 0, // each is told for itself
    waitsBecause: null,
    cancelled: null,
  })
  const { index, type: jobType, name: jobName } = job
  return { index, jobType, jobName, jobPhase: phase, jobStatus: status, because: [because, ...stuck].join(' ') }
}

const countOf: Record<DerivationStatus, keyof BuildCounts> = {
  NotPlanned: 'waiting',
  Waiting: 'waiting',
  Building: 'building',
  BuildFailure: 'buildFailure',
  DependencyFailure: 'dependencyFailure',
  BuildSuccess: 'buildSuccess',
  Cancelled: 'cancelled',
}

function countBuilds(drvPaths: Iterable<string>, graph: BuildGraph): BuildCounts {
  const counts = { waiting: 0, building: 0, buildFailure: 0, dependencyFailure: 0, buildSuccess: 0, cancelled: 0 }
  for (const drvPath of drvPaths) counts[countOf[graph.status(drvPath)]]++
  return counts
}

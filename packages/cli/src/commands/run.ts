import type { DerivationInfo } from '@firn/contract/agent/evaluate-event'
import type { AgentSlots } from '@firn/core/queue/match'
import { suits } from '@firn/core/queue/suits'
import { whyWaiting } from '@firn/core/queue/why-waiting'
import { count } from '@firn/core/status/job-sentence'
import { connectStore } from '@firn/nix/daemon/client'
import { StorePool } from '@firn/nix/daemon/pool'
import { BuildGraph } from '../local/build-graph.ts'
import { Builds } from '../local/builds.ts'
import { type Display, openDisplay } from '../local/display.ts'
import { parseHandler } from '../local/evaluate-here.ts'
import { resultOf } from '../local/job-results.ts'
import { isOnlyBroken, judge } from '../local/judge-job.ts'
import type { LocalJob } from '../local/local-job.ts'
import { logTo } from '../local/log-lines.ts'
import { type LocalOptions, type Prepared, prepare } from '../local/prepare.ts'
import { runJobs } from '../local/run-jobs.ts'
import { stopSignal } from '../stop-signal.ts'
import { openPrinter, type Printer } from '../watch/printer.ts'
import { printResult } from '../watch/results.ts'
import type { World } from '../world.ts'

export type RunOptions = LocalOptions & { jobs: string }

/**
 * Does on this machine what a server and its agents would do for a push of the folder: evaluates, builds, and says how it
 * went. Effects are named, not run.
 * @returns 0: all green; 1: something is red; 2: all that is red is broken; 130: stopped
 */
export async function run(path: string, options: RunOptions, world: World): Promise<number> {
  const slots = Number(options.jobs)
  if (!Number.isInteger(slots) || slots < 1 || slots > 1000)
    throw new Error(`--jobs must be a number of builds from 1 on, not ${options.jobs}.`)
  const handler = options.job === undefined ? null : parseHandler(options.job)
  const signal = stopSignal(world)
  const printer = openPrinter(world)
  await using prepared = await prepare(world, { path, options, slots }, signal)
  for (const note of prepared.notes) printer.line(note)
  const jobs: LocalJob[] = []
  const graph = new BuildGraph((info) => whyNotHere(info, prepared.machine.asAgent))
  let display: Display | undefined
  await using builders = await openBuilders(prepared, { slots, signal })
  const builds = new Builds({ ...builders, graph, slots, signal, onEnded: (drvPath) => display?.ended(drvPath) })
  try {
    using opened = openDisplay({ printer, graph, builds, jobs })
    display = opened
    const onJob = (job: LocalJob) => {
      jobs.push(job)
      opened.draw()
    }
    await runJobs({ evaluation: prepared, graph, builds, log: logTo(printer), signal, onJob }, handler)
  } catch (error) {
    if (!signal.aborted) throw error
  }
  if (signal.aborted) return stopped(printer, { jobs, graph })
  return await summary(printer, { jobs, graph, builds })
}

/** The reason in the words that a server has for it, whose only agent is this machine. */
function whyNotHere(info: DerivationInfo, machine: AgentSlots): string | undefined {
  const { platform, requiredSystemFeatures: features } = info
  const task = { kind: 'build' as const, platform, features }
  return suits(task, machine, [machine]) ? undefined : whyWaiting(task, [machine])
}

async function openBuilders({ machine }: Prepared, { slots, signal }: { slots: number; signal: AbortSignal }) {
  await using opened = new AsyncDisposableStack()
  const keeper = opened.use(await connectStore(machine.store, { signal }))
  const settings = { ...machine.buildSettings, 'max-jobs': '1' }
  const pool = opened.use(new StorePool(machine.store, { min: slots, max: slots, settings, verbosity: 3 }))
  const open = opened.move()
  return { keeper, pool, [Symbol.asyncDispose]: () => open.disposeAsync() }
}

type Ran = { jobs: readonly LocalJob[]; graph: BuildGraph }

/** What runs has been ended; says what was left. */
function stopped(printer: Printer, { jobs, graph }: Ran): number {
  for (const job of jobs) job.isCancelled = true
  const all = new Set(jobs.flatMap((job) => [...judge(job, graph).drvPaths]))
  const left = [...all].map((drvPath) => graph.state(drvPath)?.is)
  const ended = left.filter((is) => is === 'building').length
  const unbegun = left.filter((is) => is === 'waiting' || is === 'ready').length
  const evaluating = jobs.filter((job) => job.evaluation === 'running').map((job) => job.title)
  const parts = [
    ...evaluating.map((title) => `the evaluation of ${title} was ended`),
    ...(ended > 0 ? [`${count(ended, 'running build')} ended`] : []),
    ...(unbegun > 0 ? [`${count(unbegun, 'build')} not begun`] : []),
  ]
  printer.line(`Stopped${parts.length === 0 ? '' : `: ${parts.join(', ')}`}.`)
  return 130
}

async function summary(printer: Printer, { jobs, graph, builds }: Ran & { builds: Builds }): Promise<number> {
  const judged = jobs.map((job) => judge(job, graph))
  for (const judgement of judged) await printResult(printer, resultOf(judgement, { graph, builds }))
  const red = judged.filter(({ state }) => state.status !== 'Success')
  printer.line()
  const green = jobs.length === 1 ? 'The job succeeded.' : `All ${count(jobs.length, 'job')} succeeded.`
  printer.line(red.length === 0 ? green : `${red.length} of ${count(jobs.length, 'job')} failed.`)
  if (red.length === 0) return 0
  return red.every((judgement) => isOnlyBroken(judgement, graph)) ? 2 : 1
}

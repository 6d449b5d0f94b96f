/** A local run as it goes: changes as lines, and on a terminal what runs now. */
import { derivationName } from '@firn/core/status/derivation-sentence'
import { statusLines, type Told, tellChanges } from '../watch/job-lines.ts'
import { duration, type Printer } from '../watch/printer.ts'
import type { BuildGraph } from './build-graph.ts'
import type { Builds } from './builds.ts'
import { progressOf } from './job-results.ts'
import { judge } from './judge-job.ts'
import type { LocalJob } from './local-job.ts'

export type DisplayNeeds = { printer: Printer; graph: BuildGraph; builds: Builds; jobs: readonly LocalJob[] }

export type Display = Disposable & {
  /** Tells what has changed now, not at the next turn. */
  draw(): void
  /** A build has ended: a line for it where lines are all there is; its log where it failed. */
  ended(drvPath: string): void
}

const everyMs = 200

/** Draws until it is disposed of, which tells what is not told yet. */
export function openDisplay(needs: DisplayNeeds): Display {
  const told: Told = new Map()
  let timer: NodeJS.Timeout | undefined
  const turn = () => {
    const began = performance.now()
    draw(needs, told)
    // A very large run is drawn less often, so that drawing does not take its time.
    timer = setTimeout(turn, Math.max(everyMs, 10 * (performance.now() - began)))
  }
  turn()
  return {
    draw: () => draw(needs, told),
    ended: (drvPath) => tellBuild(needs, drvPath),
    [Symbol.dispose]: () => {
      clearTimeout(timer)
      draw(needs, told)
      needs.printer.status([])
    },
  }
}

function draw({ printer, graph, builds, jobs }: DisplayNeeds, told: Told): void {
  const named = jobs.filter((job) => job.isNamed)
  const all = named.map((job) => progressOf(judge(job, graph), { graph, builds }))
  for (const progress of all) tellChanges(printer, told, progress)
  const running = all.filter(({ job }) => job.jobPhase !== 'Done').flatMap(statusLines)
  printer.status(named.length === jobs.length ? running : [...running, '◐ evaluating'])
}

function tellBuild({ printer, graph, builds }: DisplayNeeds, drvPath: string): void {
  const state = graph.state(drvPath)
  const name = derivationName(drvPath)
  if (state?.is === 'built' && !printer.isTerminal)
    printer.line(`${printer.style('green', '●')} ${name}  ${duration(state.tookMs ?? 0)}`)
  if (state?.is !== 'failed' || !printer.isTerminal) return
  printer.line(`${printer.style('red', '✕')} ${name}  ${duration(state.tookMs ?? 0)}`)
  for (const line of builds.tail(drvPath)?.lines ?? []) printer.line(`    ${printer.foreign(line)}`)
}

/** Knows how the machine is doing, so that a task can be declined at once and the server told. */
import { startLoop } from '@firn/base/loop'
import type { AgentLoad } from '@firn/contract/agent/load'
import { whyNoWork } from '@firn/core/agent/takes-work'
import { type Measured, measureLoad, type Places } from './measure.ts'

export type LoadTimings = {
  /** between looks at the machine */
  measureMs: number
  /** between reports of what changes all the time; what decides about work is reported at once */
  reportMs: number
}

export type LoadWatch = {
  /** Why no work is taken now; null when it is. */
  whyNot(): string | null
  /** Reports soon, whether or not anything has changed. */
  nudge(): void
}

export type LoadNeeds = {
  places: Places
  /** how many tasks more than its slots the agent would keep now; `nudge` when that changes */
  ahead: () => number
  timings: LoadTimings
  /** aborted: the agent takes no more work */
  drain: AbortSignal
  report: (load: AgentLoad) => void
  onError: (error: unknown) => void
  signal: AbortSignal
}

/** Reports at once, at each change of mind about work, and at intervals. */
export function watchLoad({ places, ahead, timings, drain, report, onError, signal }: LoadNeeds): LoadWatch {
  let measured: Measured | undefined
  let reported: { at: number; whyNot: string | null } | undefined
  const load = () => (measured === undefined ? null : { ...measured, draining: drain.aborted })
  const turn = async () => {
    measured = await measureLoad(places)
    const now = { ...measured, draining: drain.aborted, ahead: ahead() }
    const takes = whyNoWork(now) === null
    const isSaid = reported !== undefined && (reported.whyNot === null) === takes
    if (isSaid && performance.now() - (reported?.at ?? 0) < timings.reportMs) return
    reported = { at: performance.now(), whyNot: whyNoWork(now) }
    report(now)
  }
  const loop = startLoop({ everyMs: timings.measureMs, signal, turn, onError })
  const nudge = () => {
    reported = undefined
    loop.nudge()
  }
  drain.addEventListener('abort', nudge, { once: true, signal })
  return { whyNot: () => whyNoWork(load()), nudge }
}

import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client'
import type { TaskKind } from '../dispatch/task.ts'

export type Metrics = ReturnType<typeof openMetrics>

const secondsOfWaiting = [0.01, 0.03, 0.1, 0.3, 1, 3, 10, 30, 100, 300, 1000, 3600]
const secondsOfWork = [0.1, 0.3, 1, 3, 10, 30, 100, 300, 1000, 3600, 10_000]
const secondsOfAnswers = [0.003, 0.01, 0.03, 0.1, 0.3, 1, 3, 10]

/**
 * What this process counts as it happens. Each replica counts what it did itself: sums over replicas are those of the
 * installation. What the database knows is in `gauges.ts`.
 */
export function openMetrics(version: string) {
  const registry = new Registry()
  const registers = [registry]
  collectDefaultMetrics({ register: registry })
  new Gauge({
    name: 'firn_build_info',
    help: 'Always 1; the version is a label.',
    labelNames: ['version'],
    registers,
  }).set({ version }, 1)
  const histogram = <L extends string>(name: string, help: string, labelNames: readonly L[], buckets: number[]) =>
    new Histogram({ name, help, labelNames, buckets, registers })
  const counter = <L extends string>(name: string, help: string, labelNames: readonly L[] = []) =>
    new Counter({ name, help, labelNames, registers })

  const waited = histogram(
    'firn_task_queued_seconds',
    'From when a task could be given to an agent until it was.',
    ['kind'],
    secondsOfWaiting,
  )
  const begun = histogram(
    'firn_task_assigned_seconds',
    'From when a task was given to an agent until the agent began.',
    ['kind'],
    secondsOfWaiting,
  )
  const worked = histogram('firn_task_run_seconds', 'From begin to end of a task.', ['kind', 'outcome'], secondsOfWork)
  const ended = counter('firn_tasks_ended_total', 'Tasks that ended, by outcome.', ['kind', 'outcome'])
  const answered = histogram(
    'firn_http_request_seconds',
    'HTTP requests by route; streams of events are left out.',
    ['method', 'route', 'status'],
    secondsOfAnswers,
  )
  const entries = counter('firn_log_entries_total', 'Entries of logs that were kept; most are lines.')
  const logBytes = counter('firn_log_bytes_total', 'Bytes of logs that were kept, as agents sent them.')
  const mended = counter('firn_mended_derivations_total', 'Derivations that waited for nothing and were seen to.')
  const sockets = new Gauge({
    name: 'firn_sockets',
    help: 'Open sockets of agents (agent) and of writers of logs (log) at this replica.',
    labelNames: ['of'],
    registers,
  })
  return {
    registry,
    taskGiven(kind: TaskKind, waitedMs: number) {
      waited.observe({ kind }, seconds(waitedMs))
    },
    taskBegun(kind: TaskKind, assignedMs: number) {
      begun.observe({ kind }, seconds(assignedMs))
    },
    /** @param ranMs null where it never began */
    taskEnded(kind: TaskKind, outcome: string, ranMs: number | null) {
      ended.inc({ kind, outcome })
      if (ranMs !== null) worked.observe({ kind, outcome }, seconds(ranMs))
    },
    requestAnswered(at: { method: string; route: string; status: string }, ms: number) {
      answered.observe(at, ms / 1000)
    },
    logKept(n: number, bytes: number) {
      entries.inc(n)
      logBytes.inc(bytes)
    },
    derivationsMended: (n: number) => mended.inc(n),
    /** Counts a socket until it closes. */
    socketOpened(of: 'agent' | 'log', socket: { once(event: 'close', listener: () => void): unknown }) {
      sockets.inc({ of })
      socket.once('close', () => sockets.dec({ of }))
    },
  }
}

/** Times are taken on several machines' clocks: none is negative here. */
const seconds = (ms: number) => Math.max(0, ms) / 1000

import { urgency, type WaitingTask } from './match.ts'

/** A waiting task with what decides its place. */
export type QueuedTask = WaitingTask & {
  projectId: string
  /** Seconds from its start to the end of the longest chain of builds that needs it (`critical-paths.ts`). */
  rank: number
  /** Milliseconds since 1970. */
  queuedAt: number
}

/** What a project has of the slots: tasks under way, and slot-seconds of the last minutes. */
export type Share = { running: number; seconds: number }

/**
 * The order in which waiting tasks are placed: what a person asked for; builds that a running evaluation waits for; effects;
 * evaluations, since they find out what there is to do; builds (hercules-ci.md 4.13.7). Among equals projects take turns, those
 * with the fewest running tasks first, then those that have had least lately, so that a busy one cannot starve another;
 * within a project the longest chain comes first, then age.
 * @param shares what each project has of the slots
 */
export function inOrder(tasks: readonly QueuedTask[], shares: ReadonlyMap<string, Share>): QueuedTask[] {
  const load = new Map(shares)
  const classes = [...Map.groupBy(tasks, placeClass)].sort(([a], [b]) => a - b)
  return classes.flatMap(([, own]) => inTurns(own, load))
}

/** What has a lower one is placed first. */
export function placeClass({ kind, urgency: how }: Pick<QueuedTask, 'kind' | 'urgency'>): number {
  if (how === urgency.bumped) return 0
  if (how === urgency.imported) return 1
  return { effect: 2, evaluate: 3, build: 4 }[kind]
}

function inTurns(tasks: QueuedTask[], load: Map<string, Share>): QueuedTask[] {
  const queues = [...Map.groupBy(tasks, (task) => task.projectId)].map(([projectId, own]) => ({
    projectId,
    own: own.sort(isBefore),
    next: 0,
  }))
  const ordered: QueuedTask[] = []
  while (ordered.length < tasks.length) {
    const open = queues.filter((queue) => queue.next < queue.own.length)
    const queue = open.reduce((chosen, other) =>
      isFirst(shareOf(other, load), shareOf(chosen, load)) ? other : chosen,
    )
    const task = queue.own[queue.next++]
    if (task !== undefined) ordered.push(task)
    const { running, seconds } = shareOf(queue, load)
    load.set(queue.projectId, { running: running + 1, seconds })
  }
  return ordered
}

const shareOf = ({ projectId }: { projectId: string }, load: Map<string, Share>): Share =>
  load.get(projectId) ?? { running: 0, seconds: 0 }

const isFirst = (a: Share, b: Share) => a.running < b.running || (a.running === b.running && a.seconds < b.seconds)

/** Evaluations of a bumped job before its builds: they find more of them. */
function isBefore(a: QueuedTask, b: QueuedTask): number {
  return (
    Number(b.kind === 'evaluate') - Number(a.kind === 'evaluate') ||
    b.rank - a.rank ||
    a.queuedAt - b.queuedAt ||
    (a.id < b.id ? -1 : 1)
  )
}

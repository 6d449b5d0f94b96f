import type { TaskAbort } from './task-table.ts'

/** Why a task's signal is aborted; undefined while it is not. */
export function abortOf(signal: AbortSignal): TaskAbort | undefined {
  if (!signal.aborted) return undefined
  const reasons: TaskAbort[] = ['cancelled', 'shutdown', 'session lost']
  return reasons.find((reason) => reason === signal.reason) ?? 'cancelled'
}

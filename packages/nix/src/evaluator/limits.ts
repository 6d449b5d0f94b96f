import { availableParallelism } from 'node:os'

export type Limits = {
  /** for one attribute, from the answer before it */
  attributeMs: number
  /** for all of `walk`, waiting for builds not counted */
  evaluationMs: number
  /** resident memory of one worker, bytes */
  workerBytes: number
  /** resident memory of all workers, bytes; a worker's is never more */
  totalBytes: number
  /** one answer, trace or error text */
  messageBytes: number
  /** what is written to the store, bytes */
  storeBytes: number
  /** how many workers at most */
  workers: number
  /** how many cores to plan with: a worker keeps about one busy, and the daemon that writes for it most of another */
  cores: number
}

/** Where a limit is not given, its default. */
export function allLimits(given: Partial<Limits> = {}): Limits {
  const limits = { ...defaultLimits, ...given }
  return { ...limits, workerBytes: Math.min(limits.workerBytes, limits.totalBytes) }
}

const defaultLimits: Limits = {
  attributeMs: 10 * 60_000,
  evaluationMs: 2 * 60 * 60_000,
  workerBytes: 4 * 1024 ** 3,
  totalBytes: 8 * 1024 ** 3,
  messageBytes: 16 * 1024 ** 2,
  storeBytes: 16 * 1024 ** 3,
  workers: 2,
  cores: availableParallelism(),
}

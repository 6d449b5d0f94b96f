import { availableParallelism } from 'node:os'

export type Limits = {
  /** for one attribute, from the answer before it */
  attributeMs: number
  /** for all of `walk`, waiting for builds not counted */
  evaluationMs: number
  /** resident memory of one worker, bytes */
  workerBytes: number
  /** resident memory of all workers, bytes */
  totalBytes: number
  /** one answer, trace or error text */
  messageBytes: number
  /** how many workers at most */
  workers: number
  /** how many cores to plan with: a worker keeps about one busy, and the daemon that writes for it most of another */
  cores: number
}

export const defaultLimits: Limits = {
  attributeMs: 10 * 60_000,
  evaluationMs: 2 * 60 * 60_000,
  workerBytes: 4 * 1024 ** 3,
  totalBytes: 8 * 1024 ** 3,
  messageBytes: 16 * 1024 ** 2,
  workers: 2,
  cores: availableParallelism(),
}

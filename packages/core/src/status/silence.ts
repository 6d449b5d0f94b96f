import { wordSeconds } from './time-words.ts'

/**
 * That an agent which is at work is not heard of. When that goes on until `lostAfterMs`, as far as that is known, its work is given
 * to others.
 */
export type Silence = { forMs: number; lostAfterMs?: number }

/** What follows the name of the agent. */
export function wordSilence(silence: Silence | null | undefined): string {
  if (silence == null) return ''
  const { forMs, lostAfterMs } = silence
  return `, which has not been heard of for ${wordSeconds(forMs)}${lostAfterMs === undefined ? '' : `; ${wordLoss(lostAfterMs - forMs)}`}`
}

const wordLoss = (leftMs: number) =>
  leftMs <= 0 ? 'about to be given to another' : `given to another in ${wordSeconds(leftMs + 999)}`

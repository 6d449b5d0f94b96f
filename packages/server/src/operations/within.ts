import { setTimeout as delay } from 'node:timers/promises'

/**
 * The answer, unless it takes longer than `ms`. A database that hangs answers nothing and refuses nothing.
 * @throws with `sentence` when the time is over
 */
export async function within<T>(ms: number, work: Promise<T>, sentence: string): Promise<T> {
  const over = new AbortController()
  const late = delay(ms, undefined, { signal: over.signal, ref: false }).then(
    () => {
      throw new Error(sentence)
    },
    () => new Promise<never>(() => {}),
  )
  try {
    return await Promise.race([work, late])
  } finally {
    over.abort()
    work.catch(() => {})
  }
}

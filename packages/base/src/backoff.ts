import { pause } from './loop.ts'

/** How long to wait between tries of something that fails for reasons that pass. */
export type Backoff = {
  /** before the second try */
  firstMs: number
  /** each wait is so many times the one before */
  factor: number
  /** the longest wait */
  capMs: number
  /** tries in all; Infinity for "as long as the process lives" */
  tries: number
}

/** The wait before try `failed + 1`, after `failed` failures (≥ 1); undefined when there is no further try. */
export function waitAfter(failed: number, { firstMs, factor, capMs, tries }: Backoff): number | undefined {
  return failed >= tries ? undefined : Math.min(capMs, firstMs * factor ** (failed - 1))
}

/** Spreads a wait over its upper half, so that many clients of a server that was down do not return in step. */
export function jittered(ms: number, random: () => number = Math.random): number {
  return ms * (0.5 + random() / 2)
}

/** What one try came to: done, or worth another try. */
export type Try<T> = { done: T } | { again: string }

export type Retry<T> = {
  backoff: Backoff
  signal: AbortSignal
  attempt: () => Promise<Try<T>>
  /** told before each wait */
  onWait?: (reason: string, ms: number) => void
}

export type Retried<T> = { ok: true; value: T } | { ok: false; reason: string }

/** Tries until done. Not ok: the tries are used up, or the signal was aborted; the reason is the last try's. */
export async function retry<T>({ backoff, signal, attempt, onWait }: Retry<T>): Promise<Retried<T>> {
  let reason = 'stopped before the first try'
  for (let failed = 1; !signal.aborted; failed++) {
    const result = await attempt()
    if ('done' in result) return { ok: true, value: result.done }
    reason = result.again
    const ms = waitAfter(failed, backoff)
    if (ms === undefined || signal.aborted) break
    onWait?.(reason, ms)
    await pause(jittered(ms), signal)
  }
  return { ok: false, reason }
}

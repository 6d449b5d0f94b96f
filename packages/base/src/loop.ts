import { setTimeout as delay } from 'node:timers/promises'

export type Loop = {
  /** Asks for a turn soon; many calls before it make one turn. */
  nudge(): void
  /** Resolves when the loop has ended, after the turn under way. Never rejects. */
  ended: Promise<void>
}

export type LoopOptions = {
  /** A turn comes at least this often, nudged or not: a lost nudge costs time, never correctness. */
  everyMs: number
  signal: AbortSignal
  /** One turn. What it throws goes to `onError`, and the next turn comes after `afterErrorMs` at the soonest. */
  turn: (signal: AbortSignal) => Promise<void>
  onError: (error: unknown) => void
  afterErrorMs?: number
  /** The least time between a turn's end and the next: what is nudged meanwhile goes together. A nudge after that is heard at once. */
  restMs?: number
}

/** Runs `turn` again and again until the signal is aborted: at once, then when nudged or `everyMs` have passed. */
export function startLoop({ everyMs, signal, turn, onError, afterErrorMs = 1000, restMs = 0 }: LoopOptions): Loop {
  let wanted = false
  let wake = () => {}
  const nudge = () => {
    wanted = true
    wake()
  }

  const rest = () =>
    new Promise<void>((resolve) => {
      if (wanted || signal.aborted) return resolve()
      const timer = setTimeout(() => wake(), everyMs)
      wake = () => {
        clearTimeout(timer)
        wake = () => {}
        resolve()
      }
    })

  const run = async () => {
    while (!signal.aborted) {
      wanted = false
      try {
        await turn(signal)
      } catch (error) {
        if (signal.aborted) return
        onError(error)
        await pause(afterErrorMs, signal)
      }
      if (restMs > 0) await pause(restMs, signal)
      await rest()
    }
  }
  const stop = () => wake()
  signal.addEventListener('abort', stop, { once: true })
  return { nudge, ended: run().finally(() => signal.removeEventListener('abort', stop)) }
}

/** Waits; ends early, without an error, when the signal is aborted. */
export async function pause(ms: number, signal: AbortSignal): Promise<void> {
  await delay(ms, undefined, { signal }).catch(() => {})
}

/** Resolves when the signal is aborted. */
export async function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return
  await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }))
}

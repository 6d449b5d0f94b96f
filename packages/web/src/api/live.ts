import type { LiveEvent } from '@firn/contract/live'
import { getEventMeta } from '@orpc/client'
import { wordRefusal } from './refusal.ts'

/** `refused`: the server answers, and does not let this visitor listen. */
export type Connection = 'connecting' | 'open' | 'lost' | 'refused'

type Listener = {
  /** Subscribes from the cursor on; ends or throws when the connection does. */
  subscribe: (cursor: string | undefined, signal: AbortSignal) => Promise<AsyncIterable<LiveEvent>>
  onEvent: (event: LiveEvent) => void
  /** `reopened`: there was a gap, so what is shown may be stale. */
  onConnection: (state: Connection, reopened: boolean) => void
  wait: (ms: number, signal: AbortSignal) => Promise<void>
}

const firstPauseMs = 500
const longestPauseMs = 15_000

/** The pause before the n-th try, n from 0. */
export const pauseBefore = (attempt: number) => Math.min(longestPauseMs, firstPauseMs * 2 ** attempt)

/** Listens until the signal ends it: reconnects with growing pauses and continues after the last event heard. */
export async function listen(listener: Listener, signal: AbortSignal): Promise<void> {
  let cursor: string | undefined
  let attempt = 0
  let opened = false
  while (!signal.aborted) {
    let ended: Connection = 'lost'
    try {
      const events = await listener.subscribe(cursor, signal)
      listener.onConnection('open', opened)
      opened = true
      for await (const event of events) {
        attempt = 0
        cursor = getEventMeta(event)?.id ?? event.cursor
        listener.onEvent(event)
      }
    } catch (error) {
      // Whatever ended the stream, the remedy is the same: connect again.
      if (signal.aborted) return
      ended = wordRefusal(error).kind === 'sign-in' ? 'refused' : 'lost'
    }
    if (signal.aborted) return
    listener.onConnection(ended, false)
    await listener.wait(pauseBefore(attempt++), signal)
  }
}

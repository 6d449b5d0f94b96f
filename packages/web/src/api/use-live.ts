import { useQueryClient } from '@tanstack/react-query'
import { useEffect, useState } from 'react'
import { client } from './client.ts'
import { Invalidator } from './invalidate.ts'
import { type Connection, listen } from './live.ts'

/** A tab that nobody looks at gives its connection back after this: a browser has only six to a plain HTTP server. */
const hiddenMs = 20_000

/** Keeps every answer on the page true by what the server announces. @returns the connection's state */
export function useLive(): Connection {
  const queries = useQueryClient()
  const [state, setState] = useState<Connection>('connecting')
  useEffect(() => {
    const invalidator = new Invalidator(queries)
    const presence = whilePresent((signal, returned) => {
      const onConnection = (next: Connection, reopened: boolean) => {
        setState(next)
        if (next === 'open' && (reopened || returned)) invalidator.all()
      }
      listen({ subscribe, onEvent: (event) => invalidator.hear(event), onConnection, wait: pause }, signal).catch(
        () => {},
      )
    })
    return () => {
      presence[Symbol.dispose]()
      invalidator[Symbol.dispose]()
    }
  }, [queries])
  return state
}

const subscribe = (cursor: string | undefined, signal: AbortSignal) =>
  client.firn.live({}, { signal, ...(cursor !== undefined && { lastEventId: cursor }) })

/** Runs while the tab can be seen (and a little longer), anew after each return. */
function whilePresent(run: (signal: AbortSignal, returned: boolean) => void): Disposable {
  let current = new AbortController()
  let leaving: ReturnType<typeof setTimeout> | undefined
  const onChange = () => {
    clearTimeout(leaving)
    if (document.hidden) leaving = setTimeout(() => current.abort(), hiddenMs)
    else if (current.signal.aborted) {
      current = new AbortController()
      run(current.signal, true)
    }
  }
  document.addEventListener('visibilitychange', onChange)
  run(current.signal, false)
  return {
    [Symbol.dispose]() {
      clearTimeout(leaving)
      document.removeEventListener('visibilitychange', onChange)
      current.abort()
    },
  }
}

/** Waits, but no longer once the browser says that it is online again. */
export function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer)
      removeEventListener('online', done)
      signal.removeEventListener('abort', done)
      resolve()
    }
    const timer = setTimeout(done, ms)
    addEventListener('online', done)
    signal.addEventListener('abort', done)
  })
}

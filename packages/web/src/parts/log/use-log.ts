import { useEffect, useState, useSyncExternalStore } from 'react'
import { client } from '../../api/client.ts'
import { pause } from '../../api/use-live.ts'
import { LogStore } from './log-store.ts'

/** Opens a log for as long as it is shown. */
export function useLog(logId: string): LogStore | undefined {
  const [store, setStore] = useState<LogStore>()
  useEffect(() => {
    const closing = new AbortController()
    const opened = new LogStore(sourceOf(logId), closing.signal)
    setStore(opened)
    opened.open().catch(() => {})
    return () => closing.abort()
  }, [logId])
  return store
}

function sourceOf(id: string) {
  return {
    window: (from: number, count: number, signal: AbortSignal) =>
      client.firn.logWindow({ id, from, count }, { signal }),
    follow: (from: number, signal: AbortSignal) => client.firn.followLog({ id, from }, { signal }),
    phases: (signal: AbortSignal) => client.firn.logPhases({ id }, { signal }),
    search: (q: string, from: number, signal: AbortSignal) => client.firn.searchLog({ id, q, from }, { signal }),
    wait: pause,
  }
}

/** What a log has now; whoever uses it is drawn anew when it grows. */
export const useLogSnapshot = (store: LogStore) => useSyncExternalStore(store.subscribe, store.snapshot)

import { useSyncExternalStore } from 'react'

let skewMs = 0
let now = Date.now()
let timer: ReturnType<typeof setInterval> | undefined
const listeners = new Set<() => void>()

/** Sets the page's clock by the server's, so that ages do not depend on the visitor's. */
export function setClock(serverNow: string): void {
  skewMs = Date.parse(serverNow) - Date.now()
  tick()
}

function tick(): void {
  now = Date.now() + skewMs
  for (const listener of listeners) listener()
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener)
  timer ??= setInterval(tick, 1000)
  return () => {
    listeners.delete(listener)
    if (listeners.size > 0) return
    clearInterval(timer)
    timer = undefined
  }
}

/** The server's time in ms since 1970, to the second; whoever uses it is drawn anew each second. */
export function useNow(): number {
  return useSyncExternalStore(subscribe, () => now)
}

import { contract } from '@firn/contract/api/contract'
import type { LogWindow } from '@firn/contract/api/log'
import { implement, withEventMeta } from '@orpc/server'
import { finder } from '../find.ts'
import type { FakeLog } from '../log.ts'
import type { World } from '../world.ts'

const os = implement(contract)

/** Logs by windows and as they are written, and the announcements of what changes. */
export function liveRoutes(world: World) {
  const { log } = finder(world)
  return {
    logWindow: os.firn.logWindow.handler(({ input }) => logWindow(input.id, log(input.id), input)),
    followLog: os.firn.followLog.handler(async function* ({ input, signal }) {
      const it = log(input.id)
      let from = input.from
      while (!signal?.aborted) {
        if (it.total > from || it.done) yield logWindow(input.id, it, { from, count: 1000 })
        from = Math.max(from, Math.min(it.total, from + 1000))
        if (it.done && from >= it.total) return
        if (from >= it.total) await world.changed(signal)
      }
    }),
    live: os.firn.live.handler(async function* ({ lastEventId, signal }) {
      for await (const event of world.events(lastEventId, signal)) yield withEventMeta(event, { id: event.cursor })
    }),
  }
}

function logWindow(id: string, log: FakeLog, { from, count }: { from: number; count: number }): LogWindow {
  const first = from < 0 ? Math.max(0, log.total + from) : from
  const length = Math.max(0, Math.min(count, log.total - first))
  return { id, lines: Array.from({ length }, (_, k) => log.line(first + k)), done: log.done, total: log.total }
}

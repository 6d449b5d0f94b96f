import { contract } from '@firn/contract/api/contract'
import type { LogWindow } from '@firn/contract/api/log'
import { makeFinder } from '@firn/core/log/find-text'
import { implement, withEventMeta } from '@orpc/server'
import { finder } from '../find.ts'
import type { FakeLog } from '../log.ts'
import { searchJob } from '../search.ts'
import type { World } from '../world.ts'

const os = implement(contract)
const searchedAtOnce = 200_000

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
    logPhases: os.firn.logPhases.handler(({ input }) => log(input.id).phases),
    searchLog: os.firn.searchLog.handler(({ input }) => {
      const it = log(input.id)
      const isMatch = makeFinder(input.q)
      const end = Math.min(it.total, input.from + searchedAtOnce)
      const lines = []
      for (let i = input.from; i < end; i++) if (isMatch(it.line(i).t)) lines.push(i)
      return { lines, next: end < it.total ? end : null, total: it.total }
    }),
    searchLogs: os.firn.searchLogs.handler(({ input }) => searchJob(world, input.id, input)),
    live: os.firn.live.handler(async function* ({ lastEventId, signal }) {
      for await (const event of world.events(lastEventId, signal)) yield withEventMeta(event, { id: event.cursor })
    }),
  }
}

function logWindow(id: string, log: FakeLog, { from, count }: { from: number; count: number }): LogWindow {
  const first = from < 0 ? Math.max(0, log.total + from) : from
  const length = Math.max(0, Math.min(count, log.total - first))
  const cut = log.cut ?? null
  const lines = Array.from({ length }, (_, k) => log.line(first + k))
  const kept = lines.filter(({ i }) => !cut || i < cut.from || cut.to <= i)
  return { id, lines: kept, done: log.done, total: log.total, cut }
}

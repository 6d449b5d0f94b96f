import { type Loop, startLoop } from '@firn/base/loop'
import type { Db } from '../db/connect.ts'
import type { Nudges } from '../db/nudges.ts'
import type { AnnouncementKind, News } from './announcement.ts'
import { mergeNews } from './merge-news.ts'
import { announcementsAfter } from './read.ts'
import { asFollower, followerCursor, moveFollower } from './store.ts'

/** The topic that is nudged after each commit with an announcement in it. */
export const outboxTopic = 'outbox'

export type Listeners = { [Kind in AnnouncementKind]?: ((news: News<Kind>) => Promise<void>)[] }

export type RelayOptions = {
  db: Db
  nudges: Nudges
  /** Names the follower: of all replicas, one at a time delivers for it. */
  name: string
  listeners: Listeners
  /** News that comes faster is told together: that a job has changed a hundred times is one look at it. */
  restMs: number
  signal: AbortSignal
  onError: (error: unknown) => void
}

/**
 * Delivers every announcement to its listeners, in order, at least once. A listener that throws is called again
 * with the same news after a pause, and what comes after waits: listeners save their own work and must not mind
 * hearing a thing twice.
 */
export function startRelay({ db, nudges, name, listeners, restMs, signal, onError }: RelayOptions): Loop {
  const turn = (turnSignal: AbortSignal) =>
    asFollower(db, name, async () => {
      let cursor = await followerCursor(db, name)
      while (!turnSignal.aborted) {
        const batch = await announcementsAfter(db, cursor, 100)
        for (const news of mergeNews(batch.map((announced) => announced.news))) await deliver(listeners, news)
        const last = batch.at(-1)
        if (last === undefined) return
        cursor = last.cursor
        await moveFollower(db, name, cursor)
      }
    })
  const loop = startLoop({ everyMs: 1000, restMs, signal, turn, onError })
  const off = nudges.on(outboxTopic, loop.nudge)
  return { ...loop, ended: loop.ended.then(off) }
}

async function deliver<Kind extends AnnouncementKind>(listeners: Listeners, news: News<Kind>): Promise<void> {
  const own = listeners[news.kind] as ((news: News<Kind>) => Promise<void>)[] | undefined
  for (const listener of own ?? []) await listener(news)
}

import { pause } from '@firn/base/loop'
import type { LiveEvent } from '@firn/contract/live'
import { withEventMeta } from '@orpc/server'
import { reader } from '../catalog/caller.ts'
import type { Db } from '../db/connect.ts'
import type { Nudges } from '../db/nudges.ts'
import { type Announcement, parseCursor, showCursor } from '../outbox/announcement.ts'
import { type Announced, announcementsAfter, newestCursor } from '../outbox/read.ts'
import { outboxTopic } from '../outbox/relay.ts'

type Wanted = { projectId?: string | undefined; jobId?: string | undefined }

/** Browsers hear no faster than this; what happens in between comes together. */
const gatherMs = 100

/**
 * What changes, as a browser hears it: from the cursor of the last event it heard, else from now on. A cursor that is
 * too old to be kept starts from now; the browser asks for everything anew when it connects anyway.
 */
async function* live(
  { db, nudges }: { db: Db; nudges: Nudges },
  wanted: Wanted,
  { lastEventId, signal }: { lastEventId: string | undefined; signal: AbortSignal },
): AsyncGenerator<LiveEvent> {
  let cursor = parseCursor(lastEventId ?? '') ?? (await newestCursor(db))
  while (!signal.aborted) {
    const nudged = new AbortController()
    const off = nudges.on(outboxTopic, () => nudged.abort())
    const batch = await announcementsAfter(db, cursor)
    cursor = batch.at(-1)?.cursor ?? cursor
    for (const event of gather(batch, wanted)) yield withEventMeta(event, { id: event.cursor, retry: 2000 })
    if (batch.length === 0) await pause(5000, AbortSignal.any([signal, nudged.signal]))
    off()
    await pause(gatherMs, signal)
  }
}

/** One event for each kind and project of a batch, in order of the last of each. */
function gather(batch: Announced[], wanted: Wanted): LiveEvent[] {
  const events = new Map<string, LiveEvent>()
  for (const { news, cursor } of batch) {
    const event = { cursor: showCursor(cursor), ...translate(news) }
    if (!concerns(event, wanted)) continue
    const key = `${event.kind} ${event.projectId}`
    const before = events.get(key)
    events.delete(key)
    events.set(key, before === undefined ? event : merge(before, event))
  }
  return [...events.values()]
}

function merge(before: LiveEvent, next: LiveEvent): LiveEvent {
  const derivations = [...new Set([...before.derivations, ...next.derivations])]
  const many = before.kind === 'builds' && (before.derivations.length === 0 || next.derivations.length === 0)
  return {
    ...next,
    jobIds: [...new Set([...before.jobIds, ...next.jobIds])],
    derivations: many || derivations.length > 100 ? [] : derivations,
  }
}

function translate(news: Announcement): Omit<LiveEvent, 'cursor'> {
  switch (news.kind) {
    case 'job.created':
      return { kind: 'project', projectId: news.projectId, jobIds: [news.jobId], derivations: [] }
    case 'project.changed':
    case 'jobs.removed':
      return { kind: 'project', projectId: news.projectId, jobIds: [], derivations: [] }
    case 'job.changed':
    case 'evaluation.ended':
      return { kind: 'job', projectId: news.projectId, jobIds: [news.jobId], derivations: [] }
    case 'attributes.added':
      return { kind: 'attributes', projectId: news.projectId, jobIds: [news.jobId], derivations: [] }
    case 'builds.changed':
      return { kind: 'builds', projectId: null, jobIds: news.jobIds, derivations: news.derivations }
    case 'agents.changed':
      return { kind: 'agents', projectId: null, jobIds: [], derivations: [] }
  }
}

function concerns(event: Omit<LiveEvent, 'cursor'>, wanted: Wanted): boolean {
  if (event.kind === 'agents') return true
  if (wanted.jobId !== undefined && !event.jobIds.includes(wanted.jobId)) return event.kind === 'project'
  return wanted.projectId === undefined || event.projectId === null || event.projectId === wanted.projectId
}

export function liveRoutes(needs: { db: Db; nudges: Nudges; closing: AbortSignal }) {
  return {
    live: reader.firn.live.handler(({ input, lastEventId, signal }) =>
      live(needs, input, {
        lastEventId,
        signal: signal === undefined ? needs.closing : AbortSignal.any([signal, needs.closing]),
      }),
    ),
  }
}

import { z } from 'zod'

const job = { projectId: z.string(), jobId: z.string() }

/** The news of the server: that something happened, by id. Whoever hears it looks up what is true now. */
export const Announcement = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('job.created'), ...job }),
  z.object({ kind: z.literal('project.changed'), projectId: z.string() }),
  z.object({ kind: z.literal('job.changed'), ...job }),
  z.object({ kind: z.literal('evaluation.ended'), ...job }),
  /** Old ones, by the retention of their account. */
  z.object({ kind: z.literal('jobs.removed'), projectId: z.string() }),
  z.object({ kind: z.literal('attributes.added'), ...job }),
  z.object({
    kind: z.literal('builds.changed'),
    accountId: z.string(),
    jobIds: z.array(z.string()),
    /** Paths of derivations whose state changed; empty when they are too many to name. */
    derivations: z.array(z.string()),
  }),
  z.object({ kind: z.literal('agents.changed'), accountId: z.string() }),
])
export type Announcement = z.infer<typeof Announcement>
export type AnnouncementKind = Announcement['kind']
export type News<Kind extends AnnouncementKind> = Extract<Announcement, { kind: Kind }>

/** An announcement's place in the order that readers see (decisions.md, "announcements"). */
export type Cursor = { xid: string; id: number }

export const start: Cursor = { xid: '0', id: 0 }

/** As text for `Last-Event-ID`. */
export const showCursor = ({ xid, id }: Cursor) => `${xid}-${id}`

export function parseCursor(text: string): Cursor | undefined {
  const parts = /^(\d{1,20})-(\d{1,15})$/.exec(text)
  return parts?.[1] === undefined ? undefined : { xid: parts[1], id: Number(parts[2]) }
}

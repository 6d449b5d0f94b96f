import type { Urgency } from '@firn/core/queue/match'

/** Who asks for builds: the job's account and project, and how urgently; the job itself where its evaluation asks. */
export type Asker = { accountId: string; projectId: string; urgency: Urgency; jobId: string | null }

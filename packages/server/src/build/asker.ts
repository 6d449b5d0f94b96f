import type { Urgency } from '@firn/core/queue/match'

/** Who asks for builds: the job's account and project, and how urgently. */
export type Asker = { accountId: string; projectId: string; urgency: Urgency }

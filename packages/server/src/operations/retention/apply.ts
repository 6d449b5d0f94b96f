import type { Log } from '@firn/base/log'
import type { Retention } from '@firn/contract/api/operations'
import { forgetOldDerivations } from '../../build/forget-derivations.ts'
import type { Db } from '../../db/connect.ts'
import type { Nudges } from '../../db/nudges.ts'
import { forgetOldSessions } from '../../dispatch/forget-tasks.ts'
import { forgetOldPushes } from '../../job/forget-pushes.ts'
import type { BlobStore } from '../../logs/blob-store.ts'
import { outboxTopic } from '../../outbox/relay.ts'
import { forgetOldLogs } from './old-logs.ts'
import { accountsWithRetention } from './settings.ts'

type Needs = { db: Db; blobs: BlobStore; nudges: Nudges; log: Log }
type Batch = () => Promise<{ removed: number; blobs: string[] }>

/**
 * Removes what the accounts no longer want to keep, in small transactions, so that nobody waits for it. Replicas may do so at
 * the same time: each takes what no other holds.
 */
export async function applyRetention(needs: Needs, signal: AbortSignal): Promise<void> {
  for (const { accountId, retention } of await accountsWithRetention(needs.db)) {
    const removed = await removeOld(needs, { accountId, retention, signal })
    if (Object.values(removed).some((n) => n > 0))
      needs.log.info({ account: accountId, ...removed }, 'old things removed')
    needs.nudges.send(outboxTopic)
  }
}

async function removeOld(
  { db, blobs }: Needs,
  { accountId, retention, signal }: { accountId: string; retention: Retention; signal: AbortSignal },
) {
  const { jobDays, logDays, failureDays } = retention
  const every = (days: number | null, batch: (days: number) => ReturnType<Batch>) =>
    days === null ? Promise.resolve(0) : untilNone(() => batch(days), { blobs, signal })
  /** A failure may need what succeeded, and that another failure: until neither finds more. */
  const removeDerivations = async () => {
    let [failures, builds, more] = [0, 0, 0]
    do {
      const failed = await every(failureDays, (days) =>
        forgetOldDerivations(db, { accountId, days, which: 'failures' }),
      )
      const others = await every(jobDays, (days) => forgetOldDerivations(db, { accountId, days, which: 'others' }))
      failures += failed
      builds += others
      more = others
    } while (more > 0 && failureDays !== null && !signal.aborted)
    return { failures, builds }
  }
  return {
    jobs: await every(jobDays, (days) => forgetOldPushes(db, { accountId, days })),
    logs: await every(logDays, (days) => forgetOldLogs(db, { accountId, days })),
    ...(await removeDerivations()),
    agentSessions: await every(jobDays, async (days) => ({
      removed: await forgetOldSessions(db, { accountId, days }),
      blobs: [],
    })),
  }
}

/** Blobs go after the rows that named them: a crash leaves a blob without a row, never a row without its blob. */
async function untilNone(batch: Batch, { blobs, signal }: { blobs: BlobStore; signal: AbortSignal }): Promise<number> {
  let removed = 0
  while (!signal.aborted) {
    const done = await batch()
    for (const key of done.blobs) await blobs.delete(key)
    removed += done.removed
    if (done.removed === 0) break
  }
  return removed
}

import type { QueueRow } from '@firn/contract/api/agents'
import { sql } from 'kysely'
import type { Reads } from '../db/connect.ts'
import { readFarm, whyQueued } from './why-queued.ts'

/** What waits for an agent, by what it asks of one. */
export async function listQueue(db: Reads, accountId: string): Promise<QueueRow[]> {
  const { rows } = await sql<{
    kind: 'evaluate' | 'build' | 'effect'
    platform: string
    features: string[]
    n: number
    oldest: Date
  }>`
    select kind, platform, required_features as features, count(*)::int as n, min(queued_at) as oldest
    from task where account_id = ${accountId} and state = 'queued'
    group by kind, platform, required_features order by oldest`.execute(db)
  const farm = await readFarm(db, accountId)
  return rows.map(({ kind, platform, features, n, oldest }) => ({
    platform: kind === 'evaluate' ? 'evaluation' : platform,
    requiredSystemFeatures: features,
    waiting: n,
    oldest: oldest.toISOString(),
    because: whyQueued({ kind, platform, features }, farm),
  }))
}

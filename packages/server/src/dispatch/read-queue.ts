import type { QueueRow } from '@firn/contract/api/agents'
import { sql } from 'kysely'
import type { Reads } from '../db/connect.ts'
import { linesOf } from './read-lines.ts'
import { asUrgency } from './urgency.ts'
import { readFarm, whyAllQueued } from './why-queued.ts'

/** What waits for an agent, by what it asks of one. */
export async function listQueue(db: Reads, accountId: string): Promise<QueueRow[]> {
  const { rows } = await sql<{
    kind: 'evaluate' | 'build' | 'effect'
    platform: string
    features: string[]
    urgency: number
    n: number
    oldest: Date
  }>`
    select kind, platform, required_features as features, min(urgency)::int as urgency, count(*)::int as n, min(queued_at) as oldest
    from task where account_id = ${accountId} and state = 'queued'
    group by kind, platform, required_features order by oldest`.execute(db)
  const farm = await readFarm(db, accountId)
  const lines = await linesOf(db, accountId)
  return rows.map(({ kind, platform, features, urgency, n, oldest }) => ({
    platform: kind === 'evaluate' ? 'evaluation' : platform,
    requiredSystemFeatures: features,
    waiting: n,
    oldest: oldest.toISOString(),
    because: whyAllQueued({ kind, platform, features, urgency: asUrgency(urgency) }, farm, lines),
  }))
}

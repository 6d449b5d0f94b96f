import { inBatches } from '@firn/base/in-batches'
import type { AgentLoad } from '@firn/contract/agent/load'
import { whyNoWork } from '@firn/core/agent/takes-work'
import { sql } from 'kysely'
import type { Db } from '../db/connect.ts'
import type { Nudges } from '../db/nudges.ts'
import { transact } from '../db/transact.ts'
import { unread } from '../db/unread.ts'
import { announce } from '../outbox/announce.ts'
import { outboxTopic } from '../outbox/relay.ts'
import { dispatchTopic } from './enqueue.ts'
import { readLoad } from './load.ts'

type Said = { sessionId: string; load: AgentLoad }

/** What an agent says of its machine; announced when it makes up its mind about work, not for each figure. The last word counts. */
export type RememberLoad = (said: Said) => Promise<undefined>

const agentsAtOnce = 500

export function openLoads(needs: { db: Db; nudges: Nudges }): RememberLoad {
  return inBatches({ max: agentsAtOnce, work: (batch) => rememberTogether(needs, batch) })
}

async function rememberTogether({ db, nudges }: { db: Db; nudges: Nudges }, batch: Said[]): Promise<undefined[]> {
  const loads = new Map(batch.map(({ sessionId, load }) => [sessionId, load]))
  await transact(db, async (tx) => {
    const before = await tx
      .selectFrom('agent_session')
      .select(['id', 'load', 'account_id'])
      .where('id', 'in', [...loads.keys()])
      .orderBy('id')
      .forUpdate()
      .execute()
    const rows = [...loads].map(([id, load]) => ({ id, load }))
    await unread(
      tx,
      sql`
      update agent_session s set load = x.load
      from jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) as x (id uuid, load jsonb) where s.id = x.id`,
    )
    const changed = before.filter((row) => whyNoWork(readLoad(row.load)) !== whyNoWork(loads.get(row.id) ?? null))
    for (const accountId of new Set(changed.map((row) => row.account_id)))
      await announce(tx, { kind: 'agents.changed', accountId })
  })
  nudges.send(outboxTopic)
  nudges.send(dispatchTopic)
  return batch.map(() => undefined)
}

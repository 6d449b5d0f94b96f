import type { AgentLoad } from '@firn/contract/agent/load'
import { whyNoWork } from '@firn/core/agent/takes-work'
import type { Db } from '../db/connect.ts'
import type { Nudges } from '../db/nudges.ts'
import { transact } from '../db/transact.ts'
import { announce } from '../outbox/announce.ts'
import { outboxTopic } from '../outbox/relay.ts'
import { dispatchTopic } from './enqueue.ts'
import { readLoad } from './load.ts'

/** What an agent says of its machine; announced when it makes up its mind about work, not for each figure. The last word counts. */
export async function rememberLoad(
  { db, nudges }: { db: Db; nudges: Nudges },
  sessionId: string,
  load: AgentLoad,
): Promise<void> {
  await transact(db, async (tx) => {
    const before = await tx
      .selectFrom('agent_session')
      .select(['load', 'account_id'])
      .where('id', '=', sessionId)
      .forUpdate()
      .executeTakeFirstOrThrow()
    await tx
      .updateTable('agent_session')
      .set({ load: JSON.stringify(load) })
      .where('id', '=', sessionId)
      .execute()
    if (whyNoWork(readLoad(before.load)) !== whyNoWork(load))
      await announce(tx, { kind: 'agents.changed', accountId: before.account_id })
  })
  nudges.send(outboxTopic)
  nudges.send(dispatchTopic)
}

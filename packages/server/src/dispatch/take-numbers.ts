import { sql } from 'kysely'
import type { Tx } from '../db/connect.ts'
import { unread } from '../db/unread.ts'

/** `next`: to be taken now. `old`: was taken before; the agent heard no Ack and says it again. `gap`: something before it is missing. */
export type Numbered = 'next' | 'old' | 'gap'

/**
 * Takes the numbers of messages of conversations, each once and without gaps (hercules-ci.md 4.4.4); what has no number is always
 * taken. The conversations are held until the transaction ends.
 */
export async function takeNumbers(
  tx: Tx,
  messages: readonly ({ startId: string; n: number } | null)[],
): Promise<Numbered[]> {
  const startIds = [...new Set(messages.flatMap((message) => message?.startId ?? []))]
  if (startIds.length === 0) return messages.map(() => 'next')
  const { rows } = await sql<{ start_id: string; received_n: number }>`
    select start_id, received_n from agent_conversation where start_id = any(${startIds}::uuid[])
    order by start_id for update`.execute(tx)
  const received = new Map(rows.map((row) => [row.start_id, row.received_n]))
  const numbered = messages.map((message) => (message === null ? 'next' : takeOne(received, message)))
  await unread(
    tx,
    sql`
    update agent_conversation c set received_n = x.n
    from unnest(${[...received.keys()]}::uuid[], ${[...received.values()]}::bigint[]) as x (start_id, n)
    where c.start_id = x.start_id and c.received_n <> x.n`,
  )
  return numbered
}

function takeOne(received: Map<string, number>, { startId, n }: { startId: string; n: number }): Numbered {
  const last = received.get(startId)
  if (last === undefined || n > last + 1) return 'gap'
  if (n <= last) return 'old'
  received.set(startId, n)
  return 'next'
}

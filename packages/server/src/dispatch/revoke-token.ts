import { audit } from '../catalog/audit.ts'
import { deleteJoinToken } from '../catalog/join-tokens.ts'
import { now } from '../db/now.ts'
import { transact } from '../db/transact.ts'
import { announce } from '../outbox/announce.ts'
import { outboxTopic } from '../outbox/relay.ts'
import { type EndNeeds, takenBack } from './end-task.ts'
import { dispatchTopic } from './enqueue.ts'
import { takeTasks } from './lose-sessions.ts'
import { openStates } from './store.ts'

type Token = { accountId: string; tokenId: string }

/** Nudged when sessions were revoked. */
export const revokedTopic = 'revoked'

/**
 * Deletes a join token, unless it is, and ends the sessions that came from it: what their agents have is given to others, their
 * sockets close, and nothing they say is heard any more.
 * @returns how many sessions ended; undefined when there is no such token
 */
export async function revokeJoinToken(
  { db, nudges, steps }: EndNeeds,
  { accountId, tokenId }: Token,
  by: string,
): Promise<number | undefined> {
  const count = await transact(db, async (tx) => {
    const token = await deleteJoinToken(tx, accountId, tokenId)
    if (token === undefined) return undefined
    const sessions = await tx
      .updateTable('agent_session')
      .set({ revoked_at: now })
      .where('join_token_id', '=', tokenId)
      .where('revoked_at', 'is', null)
      .returning('id')
      .execute()
    const tasks = await tx
      .selectFrom('task')
      .selectAll()
      .where('session_id', 'in', [...sessions.map((session) => session.id), tokenId])
      .where('state', 'in', [...openStates])
      .orderBy('id')
      .forUpdate()
      .execute()
    await takeTasks({ tx, steps }, tasks, (task) => takenBack(task, 'Its agent’s session was revoked.'))
    if (!token.wasGood && sessions.length === 0) return 0
    const deed = `revoked the join token “${token.description}” with its ${sessions.length} sessions`
    await audit(tx, { accountId, actor: by, deed })
    await announce(tx, { kind: 'agents.changed', accountId })
    return sessions.length
  })
  nudges.send(outboxTopic)
  nudges.send(dispatchTopic)
  nudges.send(revokedTopic)
  return count
}

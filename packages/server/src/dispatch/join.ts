import type { AgentInfo } from '@firn/contract/agent/session'
import { newId } from '../catalog/ids.ts'
import { checkJoinToken } from '../catalog/join-tokens.ts'
import { makeToken } from '../catalog/token.ts'
import type { Db } from '../db/connect.ts'

/**
 * Makes a session for an agent that shows a join token (hercules-ci.md 4.3.5).
 * @returns the session token; undefined when the join token is unknown or deleted
 */
export async function createSession(db: Db, joinToken: string, info: AgentInfo): Promise<string | undefined> {
  const parent = await checkJoinToken(db, joinToken)
  if (parent === undefined) return undefined
  const id = newId()
  const { token, hash } = makeToken({ sub: `s$${id}`, parent: parent.id })
  await db
    .insertInto('agent_session')
    .values({
      id,
      account_id: parent.account_id,
      join_token_id: parent.id,
      hash,
      hostname: info.hostname,
      info: JSON.stringify(info),
      platforms: info.platforms,
      system_features: info.systemFeatures,
      concurrent_tasks: info.concurrentTasks,
    })
    .execute()
  return token
}

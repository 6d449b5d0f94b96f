import type { ClusterJoinToken } from '@firn/contract/api/agents'
import { count } from '@firn/core/status/job-sentence'
import { findAccount } from '../../connected/find-account.ts'
import { type Connected, exitStatus, withServer } from '../../connected/with-server.ts'
import type { World } from '../../world.ts'
import type { TokenOptions } from './create.ts'

export type RevokeOptions = TokenOptions & { withSessions?: true | undefined }

/**
 * Lets no new agent join with a token. Those that have joined stay (hercules-ci.md 5.2.6), unless they are to go as well: then
 * their work is given to others at once.
 */
export async function revokeToken(tokenId: string, options: RevokeOptions, world: World): Promise<number> {
  return withServer(options, world, async (server) => {
    const { id } = await findAccount(server.client, options.account)
    await (options.withSessions ? endSessions(server, { id, tokenId }) : deleteToken(server, { id, tokenId }))
    return exitStatus.green
  })
}

type Token = { id: string; tokenId: string }

async function deleteToken(server: Connected, at: Token): Promise<void> {
  const { client, printer } = server
  const token = await listed(server, at)
  if (token === undefined)
    throw new Error(`There is no join token ${at.tokenId}: firn agent-token list prints those there are.`)
  await client.joinTokens.delete(at)
  if (server.isJson) server.document(token)
  else
    printer.line(
      `No agent can join with it any more: ${printer.foreignLine(token.description)}. Agents that have joined stay.`,
    )
}

/** Also of a token that was revoked without them. */
async function endSessions(server: Connected, at: Token): Promise<void> {
  const ended = await server.client.firn.revokeJoinToken(at)
  if (server.isJson) server.document(ended)
  else
    server.printer.line(
      `No agent can join with it any more, and ${count(ended.sessions, 'session')} ended; what they did is given to others.`,
    )
}

async function listed({ client }: Connected, { id, tokenId }: Token): Promise<ClusterJoinToken | undefined> {
  return (await client.joinTokens.list({ id })).find((one) => one.id === tokenId)
}

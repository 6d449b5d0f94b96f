import { wordAgo } from '@firn/core/status/time-words'
import { findAccount } from '../../connected/find-account.ts'
import { exitStatus, withServer } from '../../connected/with-server.ts'
import { tableLines } from '../../watch/table.ts'
import type { World } from '../../world.ts'
import type { TokenOptions } from './create.ts'

export type ListOptions = TokenOptions & { all?: true | undefined }

/** Prints the join tokens that agents can join with, with the agents that have; `all` also those that were revoked. */
export async function listTokens(options: ListOptions, world: World): Promise<number> {
  return withServer(options, world, async (server) => {
    const { client, printer } = server
    const { id } = await findAccount(client, options.account)
    const tokens = await client.joinTokens.list({ id, all: options.all ?? false })
    if (server.isJson) server.document(tokens)
    else {
      const sessions = await client.agents.sessions({ id })
      const rows = tokens.map((token) => {
        const joined = sessions.filter(({ clusterJoinTokenId }) => clusterJoinTokenId === token.id).length
        const agents = `${joined} ${joined === 1 ? 'agent' : 'agents'}`
        const revoked = token.revocation === null ? [] : [`revoked ${wordAgo(token.revocation, Date.now())}`]
        const made = wordAgo(token.creationTime, Date.now())
        return [token.id, agents, [made, ...revoked].join(', '), printer.foreignLine(token.description)]
      })
      for (const line of tableLines(rows)) printer.line(line)
    }
    if (tokens.length === 0) server.aside('No join tokens. `firn agent-token create DESCRIPTION` makes one.')
    return exitStatus.green
  })
}

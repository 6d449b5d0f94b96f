import { findAccount } from '../../connected/find-account.ts'
import { exitStatus, withServer } from '../../connected/with-server.ts'
import type { World } from '../../world.ts'
import type { TokenOptions } from './create.ts'

/** Lets no new agent join with a token; those that have joined stay (hercules-ci.md 5.2.6). */
export async function revokeToken(tokenId: string, options: TokenOptions, world: World): Promise<number> {
  return withServer(options, world, async (server) => {
    const { client, printer } = server
    const { id } = await findAccount(client, options.account)
    const token = (await client.joinTokens.list({ id })).find((one) => one.id === tokenId)
    if (token === undefined)
      throw new Error(`There is no join token ${tokenId}: firn agent-token list prints those there are.`)
    await client.joinTokens.delete({ id, tokenId })
    if (server.isJson) server.document(token)
    else
      printer.line(
        `No agent can join with it any more: ${printer.foreignLine(token.description)}. Agents that have joined stay.`,
      )
    return exitStatus.green
  })
}

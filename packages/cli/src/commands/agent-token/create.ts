import { findAccount } from '../../connected/find-account.ts'
import { exitStatus, type ServerOptions, withServer } from '../../connected/with-server.ts'
import type { World } from '../../world.ts'

export type TokenOptions = ServerOptions & { account?: string | undefined }

/** Makes a join token and prints it, once and alone, so that it can be sent to a file; what to do with it is said beside. */
export async function createToken(description: string, options: TokenOptions, world: World): Promise<number> {
  return withServer(options, world, async (server) => {
    const { client } = server
    const { id } = await findAccount(client, options.account)
    const created = await client.joinTokens.create({ id, description })
    if (server.isJson) server.document(created)
    else server.write(`${created.token}\n`)
    const { apiBaseUrl } = await client.clientInfo()
    server.aside(whatNext(apiBaseUrl, created.metadata.id))
    return exitStatus.green
  })
}

/** A folder of the new machine; where the token lies follows from it (hercules-ci.md 4.1.2). */
const baseDirectory = '/var/lib/firn-agent'

function whatNext(apiBaseUrl: string, tokenId: string): string {
  return `This token is shown once. Whoever has it can add agents to this account. On the new machine
  put it into ${baseDirectory}/secrets/cluster-join-token.key (mode 0600), write an agent.toml:
    apiBaseUrl = ${JSON.stringify(apiBaseUrl)}
    baseDirectory = "${baseDirectory}"
    concurrentTasks = "auto"
  and start the agent: npx firn agent --config agent.toml
Nobody can join with it any more after: firn agent-token revoke ${tokenId}`
}

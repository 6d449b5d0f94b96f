import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Client } from '../client.ts'

/**
 * Makes sure that the agent of this machine has a configuration and a join token that the server knows.
 * @returns the path of `agent.toml`
 */
export async function ensureAgentFiles(
  client: Client,
  { stateFolder, url }: { stateFolder: string; url: string },
): Promise<string> {
  const base = join(stateFolder, 'agent')
  const secrets = join(base, 'secrets')
  await mkdir(secrets, { recursive: true, mode: 0o700 })
  const config = join(base, 'agent.toml')
  await writeFile(config, `apiBaseUrl = ${JSON.stringify(url)}\nbaseDirectory = ${JSON.stringify(base)}\n`)

  const [account] = await client.accounts.list({ site: 'local', name: 'local' })
  if (account === undefined) throw new Error('The server has no local account.')
  const tokenFile = join(secrets, 'cluster-join-token.key')
  const known = new Set((await client.joinTokens.list({ id: account.id })).map((token) => token.id))
  if (known.has(await tokenIdIn(tokenFile))) return config
  const { token } = await client.joinTokens.create({ id: account.id, description: 'the agent of ./up' })
  await writeFile(tokenFile, `${token}\n`, { mode: 0o600 })
  return config
}

/** The id in a join token's payload; empty where there is none. */
async function tokenIdIn(path: string): Promise<string> {
  const text = await readFile(path, 'utf8').catch(() => '')
  const [, id] = /"sub":"t\$([^"]+)"/.exec(Buffer.from(text.split('.')[1] ?? '', 'base64url').toString()) ?? []
  return id ?? ''
}

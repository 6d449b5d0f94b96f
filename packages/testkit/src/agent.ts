/** The real agent, in the test's own process. */
import { randomUUID } from 'node:crypto'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { runAgent } from '@firn/agent/app'
import { readAgentConfig } from '@firn/agent/config'
import { type Log, silentLog } from '@firn/base/log'
import { findNix } from '@firn/nix/nix-installation'
import type { Installation } from './installation.ts'
import { openNixConfig } from './nix-config.ts'

export type TestAgent = AsyncDisposable & { stop(): Promise<void> }

export async function makeJoinToken({ client }: Pick<Installation, 'client'>): Promise<string> {
  const [account] = await client.accounts.list({})
  return (await client.joinTokens.create({ id: account?.id ?? '', description: 'a test agent' })).token
}

type AgentFiles = { url: string; token: string; settings?: object; caches?: object | undefined }

/** What an agent's administrator writes; answers the path of the configuration. */
export async function writeAgentFiles(base: string, { url, token, settings, caches }: AgentFiles): Promise<string> {
  const secrets = join(base, 'secrets')
  await mkdir(secrets, { recursive: true })
  await writeFile(join(secrets, 'cluster-join-token.key'), token)
  if (caches !== undefined) await writeFile(join(secrets, 'binary-caches.json'), JSON.stringify(caches))
  const file = join(base, 'agent.json')
  await writeFile(file, JSON.stringify({ apiBaseUrl: url, baseDirectory: base, concurrentTasks: 2, ...settings }))
  return file
}

/** What an agent of the installation is started with: a folder of its own, a new join token. */
export async function agentFiles(firn: Installation, settings: object, caches?: object): Promise<string> {
  const base = join(firn.stateFolder, `agent-${randomUUID()}`)
  return writeAgentFiles(base, { url: firn.url, token: await makeJoinToken(firn), settings, caches })
}

/** Joins the installation and takes its work until stopped. Settings of Nix are the tests' own. */
export async function startAgent(
  firn: Installation,
  { concurrentTasks = 2, caches, log = silentLog }: { concurrentTasks?: number; caches?: object; log?: Log } = {},
): Promise<TestAgent> {
  const nixConfig = await openNixConfig()
  const file = await agentFiles(firn, { concurrentTasks }, caches)
  const read = await readAgentConfig(file, { ...process.env, NIX_CONF_DIR: nixConfig.folder })
  if (!read.ok) throw new Error(read.problems.join('\n'))
  const found = await findNix(process.env.PATH ?? '')
  if (!found.ok) throw new Error(found.reason)
  const stopping = new AbortController()
  const ended = runAgent({ config: read.config, nix: found.nix, log, signal: stopping.signal })
  const stop = async () => {
    stopping.abort()
    const end = await ended
    await nixConfig[Symbol.asyncDispose]()
    if (!end.ok) throw new Error(end.reason)
  }
  return { stop, [Symbol.asyncDispose]: stop }
}

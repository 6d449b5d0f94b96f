/** The real agent as a process with a Nix store of its own, as on another machine: a mount namespace with its own `/nix`. */
import { spawn } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { makeJoinToken, writeAgentFiles } from './agent.ts'
import type { Installation } from './installation.ts'
import { testNixConfig } from './nix-config.ts'

const main = join(import.meta.dirname, '../../cli/src/main.ts')

export type IsolatedAgent = AsyncDisposable & {
  /** where this agent's `/nix` is */
  nixFolder: string
  /** what it has said so far */
  said(): string
}

export type IsolatedOptions = {
  /** of the Nix to use; default: that of PATH */
  binDir?: string
  /** system features, to tell which agent is to build what */
  features: string[]
  /** contents of `binary-caches.json` */
  caches: object
}

export async function startIsolatedAgent(
  firn: Pick<Installation, 'url' | 'client'>,
  { binDir, features, caches }: IsolatedOptions,
): Promise<IsolatedAgent> {
  const folder = await mkdtemp(join(tmpdir(), 'firn-isolated-'))
  const nixFolder = join(folder, 'nix')
  await mkdir(nixFolder)
  await mkdir(join(folder, 'conf'))
  await writeFile(join(folder, 'conf/nix.conf'), `${testNixConfig}\nsystem-features = ${features.join(' ')}\n`)
  const token = await makeJoinToken(firn)
  const config = await writeAgentFiles(join(folder, 'agent'), { url: firn.url, token, caches })
  const path = [binDir ?? [], process.env.PATH ?? ''].flat().join(delimiter)
  const script = 'mount --bind "$1" /nix && shift && exec "$@"'
  const command = [process.execPath, main, 'agent', '--config', config]
  const child = spawn('unshare', ['--mount', 'sh', '-c', script, 'sh', nixFolder, ...command], {
    env: { PATH: path, HOME: join(folder, 'conf'), NIX_CONF_DIR: join(folder, 'conf'), HOSTNAME: randomUUID() },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const exited = once(child, 'exit')
  let text = ''
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (text += chunk))
  return {
    nixFolder,
    said: () => text,
    async [Symbol.asyncDispose]() {
      child.kill('SIGTERM')
      await exited
      await rm(folder, { recursive: true, force: true })
    },
  }
}

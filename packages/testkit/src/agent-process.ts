/** The real agent as users start it, a process of its own, to be stopped by signals and started again. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { agentFiles } from './agent.ts'
import type { Installation } from './installation.ts'
import { openNixConfig } from './nix-config.ts'

const main = join(import.meta.dirname, '../../cli/src/main.ts')

export type AgentProcess = {
  signal(name: 'SIGTERM' | 'SIGINT' | 'SIGKILL'): void
  /** Its exit status; null where a signal ended it. */
  ended: Promise<number | null>
  /** Resolves when it has printed this, or ended without. */
  printed(text: string): Promise<void>
}

/** Starts the same agent, with the same settings and session, again and again. */
export async function openAgentProcess(
  firn: Installation,
  settings: object,
): Promise<{ start(): AgentProcess } & AsyncDisposable> {
  const nixConfig = await openNixConfig()
  const file = await agentFiles(firn, settings)
  const running = new Set<AgentProcess>()
  return {
    start() {
      const agent = startProcess(file, nixConfig.folder)
      running.add(agent)
      void agent.ended.then(() => running.delete(agent))
      return agent
    },
    [Symbol.asyncDispose]: async () => {
      for (const agent of running) agent.signal('SIGKILL')
      await Promise.all([...running].map((agent) => agent.ended))
      await nixConfig[Symbol.asyncDispose]()
    },
  }
}

function startProcess(file: string, nixConfig: string): AgentProcess {
  const child = spawn(process.execPath, [main, 'agent', '--config', file], {
    env: { ...process.env, NIX_CONF_DIR: nixConfig },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let text = ''
  let heard = () => {}
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (chunk: string) => {
      text += chunk
      heard()
    })
  const ended = once(child, 'close').then(([status]) => (typeof status === 'number' ? status : null))
  return {
    signal: (name) => void child.kill(name),
    ended,
    printed: (wanted) =>
      new Promise((resolve) => {
        heard = () => {
          if (text.includes(wanted)) resolve()
        }
        heard()
        void ended.then(() => resolve())
      }),
  }
}

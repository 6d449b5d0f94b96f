import { runAgent } from '@firn/agent/app'
import { readAgentConfig } from '@firn/agent/config'
import { openLog } from '@firn/base/log'
import { findNix } from '@firn/nix/nix-installation'
import { agentSignals, type World } from '../world.ts'

/** Runs an agent until it is told to end. */
export async function agent({ config: file }: { config: string }, world: World): Promise<number> {
  const read = await readAgentConfig(file, world.env)
  if (!read.ok) return complain(world, read.problems)
  const nix = await findNix(read.config.environment.PATH ?? '')
  if (!nix.ok) return complain(world, [nix.reason])
  const { config } = read
  const log = openLog(config.logLevel)
  const { drain, stop } = agentSignals(world, config.drainSeconds * 1000)
  drain.addEventListener('abort', () =>
    log.info(`Finishing what runs, for at most ${config.drainSeconds} s; a second SIGTERM ends it at once.`),
  )
  const end = await runAgent({ config, nix: nix.nix, log, signal: stop, drain })
  if (!end.ok) return complain(world, [end.reason])
  return 0
}

function complain(world: World, problems: string[]): number {
  world.stderr.write(`The agent cannot run:\n${problems.map((problem) => `  ${problem}\n`).join('')}`)
  return 2
}

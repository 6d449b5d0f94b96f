import { runAgent } from '@firn/agent/app'
import { readAgentConfig } from '@firn/agent/config'
import { openLog } from '@firn/base/log'
import { findNix } from '@firn/nix/nix-installation'
import { endSignal, type World } from '../world.ts'

/** Runs an agent until it is told to end. */
export async function agent({ config: file }: { config: string }, world: World): Promise<number> {
  const read = await readAgentConfig(file, world.env)
  if (!read.ok) return complain(world, read.problems)
  const nix = await findNix(read.config.environment.PATH ?? '')
  if (!nix.ok) return complain(world, [nix.reason])
  const log = openLog(read.config.logLevel)
  const end = await runAgent({ config: read.config, nix: nix.nix, log, signal: endSignal(world) })
  if (!end.ok) return complain(world, [end.reason])
  return 0
}

function complain(world: World, problems: string[]): number {
  world.stderr.write(`The agent cannot run:\n${problems.map((problem) => `  ${problem}\n`).join('')}`)
  return 2
}

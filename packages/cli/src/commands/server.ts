import { openLog } from '@firn/base/log'
import { aborted } from '@firn/base/loop'
import { startServer } from '@firn/server/app'
import { readConfig } from '@firn/server/config'
import { version } from '../version.ts'
import { endSignal, type World } from '../world.ts'

/** Runs the server until it is told to end. */
export async function server(world: World): Promise<number> {
  const read = readConfig(world.env)
  if ('problems' in read) {
    world.stderr.write(
      `The server is not configured as it should be:\n${read.problems.map((p) => `  ${p}\n`).join('')}`,
    )
    return 2
  }
  const signal = endSignal(world)
  const log = openLog(read.config.logLevel)
  const running = await startServer({ config: read.config, log, version, signal })
  log.info({ url: running.url }, 'Firn is listening')
  world.process.send?.({ ready: running.url })
  await aborted(signal)
  log.info('stopping')
  await running.stop()
  return 0
}

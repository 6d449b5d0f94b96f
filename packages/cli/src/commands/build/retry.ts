import { findBuild } from '../../connected/find-build.ts'
import { exitStatus, type ServerOptions, withServer } from '../../connected/with-server.ts'
import type { World } from '../../world.ts'
import { printHeadline, readBuild } from './show.ts'

/** Builds a failed derivation again, with what it needs and what it blocks (hercules-ci.md 2.5.3). */
export async function retryBuild(
  { build, name }: { build: string; name: string | undefined },
  options: ServerOptions,
  world: World,
): Promise<number> {
  return withServer(options, world, async (server) => {
    const found = await findBuild(server, build, name)
    await server.client.derivations.retry({ id: found.accountId, drv: found.drv })
    const detail = await readBuild(server, found)
    if (server.isJson) server.document(detail)
    else printHeadline(server, detail)
    return exitStatus.green
  })
}

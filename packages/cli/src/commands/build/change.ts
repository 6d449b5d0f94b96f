import { type FoundBuild, findBuild } from '../../connected/find-build.ts'
import { type Connected, exitStatus, type ServerOptions, withServer } from '../../connected/with-server.ts'
import type { World } from '../../world.ts'
import { printHeadline, readBuild } from './show.ts'

export type BuildArguments = { build: string; name: string | undefined }

/** Builds again what failed or was cancelled, with what it needs and what it blocks (hercules-ci.md 2.5.3). */
export function retryBuild(which: BuildArguments, options: ServerOptions, world: World): Promise<number> {
  return withServer(options, world, (server) =>
    change(server, which, ({ accountId, drv }) => server.client.derivations.retry({ id: accountId, drv })),
  )
}

/** Cancels a build that waits or runs, for every job that needs it (hercules-ci.md 2.5.6). */
export function cancelBuild(which: BuildArguments, options: ServerOptions, world: World): Promise<number> {
  return withServer(options, world, (server) =>
    change(server, which, ({ accountId, drv }) => server.client.derivations.cancel({ id: accountId, drv })),
  )
}

/** Changes a build and prints how it stands then. */
async function change(
  server: Connected,
  { build, name }: BuildArguments,
  act: (found: FoundBuild) => Promise<unknown>,
): Promise<number> {
  const found = await findBuild(server, build, name)
  await act(found)
  const detail = await readBuild(server, found)
  if (server.isJson) server.document(detail)
  else printHeadline(server, detail)
  return exitStatus.green
}

import type { BuildEvent } from '@firn/contract/agent/build-event'
import type { StoreConnection } from '@firn/nix/daemon/client'

/** An `OutputInfo` for each output of a built derivation (hercules-ci.md 4.7.1), or the one that is not there. */
export async function describeOutputs(
  store: StoreConnection,
  deriver: string,
): Promise<{ events: BuildEvent[]; paths: string[] } | { missing: string }> {
  const events: BuildEvent[] = []
  const paths: string[] = []
  for (const [name, path] of Object.entries(await store.queryDerivationOutputMap(deriver))) {
    const info = path === undefined ? undefined : await store.queryPathInfo(path)
    if (info === undefined) return { missing: path ?? `output ${name}` }
    const { narHash: hash, narSize: size, references } = info
    paths.push(info.path)
    events.push({ tag: 'OutputInfo', contents: { deriver, name, path: info.path, hash, size, references } })
  }
  return { events, paths }
}

/** This machine as the agent of runs without a server: its Nix, its store, what it can build, a folder for the run. */
import { access, constants, mkdir, rm } from 'node:fs/promises'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { readAgentInfo } from '@firn/agent/agent-info'
import { agentEnvironment } from '@firn/agent/config'
import type { AgentSlots } from '@firn/core/queue/match'
import { withoutBuildHook } from '@firn/nix/daemon/build-hook'
import type { StoreAddress } from '@firn/nix/daemon/client'
import { findStore } from '@firn/nix/daemon/find-store'
import type { StoreSettings } from '@firn/nix/daemon/options-message'
import { makeFolder, removeLeftFolders } from '@firn/nix/evaluator/folders'
import { findNix, type NixInstallation } from '@firn/nix/nix-installation'
import { ensureNixConfig, findProgram } from '../up/nix-config.ts'
import type { World } from '../world.ts'

export type LocalMachine = AsyncDisposable & {
  nix: NixInstallation
  store: StoreAddress
  /** the environment of Nix, Git and what they start */
  environment: Record<string, string>
  /** what it can build, in the terms in which agents are matched to tasks */
  asAgent: AgentSlots
  /** for connections that build, by their names in nix.conf */
  buildSettings: StoreSettings
  /** the run's own, 0700; removed at the end */
  folder: string
}

/** @throws with a sentence for the user: no Nix, a store that cannot be used, nowhere to write */
export async function openLocalMachine({ env }: Pick<World, 'env'>, slots: number): Promise<LocalMachine> {
  const found = await findNix(env.PATH ?? '')
  if (!found.ok) throw new Error(`Nix is needed: ${found.reason}.`)
  const { nix } = found
  await requirePrograms(env.PATH ?? '')
  await using opened = new AsyncDisposableStack()
  const folder = await makeFolder('local').catch((error: Error) => {
    throw new Error(`There is nowhere to write: ${error.message}.`)
  })
  opened.defer(() => rm(folder, { recursive: true, force: true }))
  await removeLeftFolders()
  const environment = await environmentIn(folder, env)
  const remote = environment.NIX_REMOTE
  const search = await findStore({ nix, env: environment, ...(remote !== undefined && { remote }) })
  if (!search.ok) throw new Error(`The Nix store cannot be used: ${search.reason}.`)
  const settings = { environment, concurrentTasks: slots, labels: {}, remotePlatformsWithSameFeatures: [] }
  const read = await readAgentInfo(settings, nix, [])
  if (!read.ok) throw new Error(read.reason)
  const { address } = search.store
  const buildSettings = await withoutBuildHook({ nix, address, builders: read.builders, folder })
  const { platforms, systemFeatures: features } = read.info
  const open = opened.move()
  return {
    nix,
    store: address,
    environment,
    buildSettings,
    asAgent: {
      id: 'here',
      hostname: hostname(),
      platforms,
      features,
      slots,
      free: slots,
      evaluations: 0,
      ahead: 0,
      refuses: null,
    },
    folder,
    [Symbol.asyncDispose]: () => open.disposeAsync(),
  }
}

/** What evaluators are started by, and the packages that they are in. */
const programs = { bwrap: 'bubblewrap', setpriv: 'util-linux', choom: 'util-linux', prlimit: 'util-linux' }

/** Said before an evaluation is begun: it would not know whose fault it is. */
async function requirePrograms(searchPath: string): Promise<void> {
  for (const [program, from] of Object.entries(programs))
    if ((await findProgram(program, searchPath)) === undefined)
      throw new Error(`${program} is needed, and it is not in PATH. It comes with ${from}.`)
}

/** Nix settings as `firn up` makes them where the machine has none, and a HOME that Nix can keep its caches in. */
async function environmentIn(folder: string, env: World['env']): Promise<Record<string, string>> {
  const nixConfig = await ensureNixConfig(folder, env)
  const environment = agentEnvironment(env)
  if (nixConfig !== undefined) environment.NIX_CONF_DIR = nixConfig
  const { HOME } = environment
  if (HOME !== undefined && (await isWritable(HOME))) return environment
  if (HOME !== undefined) environment.NIX_USER_CONF_FILES ??= join(HOME, '.config/nix/nix.conf')
  environment.HOME = join(folder, 'home')
  await mkdir(environment.HOME)
  return environment
}

function isWritable(path: string): Promise<boolean> {
  return access(path, constants.W_OK | constants.X_OK).then(
    () => true,
    () => false,
  )
}

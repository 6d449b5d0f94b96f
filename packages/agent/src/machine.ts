/** What tasks are given to work with. */
import type { Log } from '@firn/base/log'
import type { FoundStore } from '@firn/nix/daemon/find-store'
import type { StorePool } from '@firn/nix/daemon/pool'
import type { NixInstallation } from '@firn/nix/nix-installation'
import type { Fetching } from './agent-info.ts'
import type { CachePusher } from './caches/push.ts'
import type { AgentConfig } from './config.ts'
import type { Keeper } from './keeper.ts'
import type { Places } from './load/measure.ts'
import type { SessionApi } from './report/server-api.ts'
import type { Session } from './session/join.ts'
import type { Slots } from './task/slots.ts'
import type { AgentTimings } from './timings.ts'
import type { WorkFolder } from './work-folder.ts'

/** The agent's side: the same in all its sessions. */
export type Machine = {
  config: AgentConfig
  nix: NixInstallation
  store: FoundStore
  pool: StorePool
  keeper: Keeper
  /** one for each cache of `binary-caches.json` */
  pushers: readonly CachePusher[]
  fetching: Fetching
  /** what has to have room for the agent to take work */
  places: Places
  work: WorkFolder
  timings: AgentTimings
  log: Log
}

/** The server's side. */
export type Serving = { session: Session; api: SessionApi; slots: Slots }

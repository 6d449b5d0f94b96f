/**
 * An agent's life (hercules-ci.md 4.3, 4.12):
 *
 *   Nix and store found ─▶ session (join.ts) ─▶ socket and tasks (run-session.ts) ─▶ goodbye
 *                              ▲                         │ session refused
 *                              └─────────────────────────┘
 */
import { randomUUID } from 'node:crypto'
import type { Log } from '@firn/base/log'
import type { AgentInfo, StartInfo } from '@firn/contract/agent/session'
import { withoutBuildHook } from '@firn/nix/daemon/build-hook'
import { type FoundStore, findStore } from '@firn/nix/daemon/find-store'
import type { StoreSettings } from '@firn/nix/daemon/options-message'
import { StorePool } from '@firn/nix/daemon/pool'
import { removeLeftFolders } from '@firn/nix/evaluator/folders'
import type { NixInstallation } from '@firn/nix/nix-installation'
import { storeDir } from '@firn/nix/store-path'
import { type Fetching, readAgentInfo } from './agent-info.ts'
import { openPushers } from './caches/push.ts'
import { readCaches } from './caches/read-caches.ts'
import type { AgentConfig } from './config.ts'
import { Keeper } from './keeper.ts'
import type { Machine } from './machine.ts'
import { type Http, openHttp } from './report/http.ts'
import { SessionApi } from './report/server-api.ts'
import { dropSession, joinCluster, type Session } from './session/join.ts'
import { runSession, type SessionEnd } from './session/run-session.ts'
import { agentSkills } from './skills.ts'
import { logKeeping } from './task/build/kept-log.ts'
import { storeSettings } from './task/build/store-settings.ts'
import { Slots } from './task/slots.ts'
import { type AgentTimings, agentTimings } from './timings.ts'
import { checkTrust } from './trust.ts'
import { openWorkFolder } from './work-folder.ts'

export type AgentOptions = {
  config: AgentConfig
  nix: NixInstallation
  log: Log
  /** ends the agent: what runs is aborted and goes back to the server */
  signal: AbortSignal
  /** takes no more tasks, ends when what runs is done */
  drain?: AbortSignal
  timings?: AgentTimings
}

/** Not ok: the agent cannot work on this machine; the reason is a sentence for its administrator. */
export type AgentEnd = { ok: true } | { ok: false; reason: string }

/** Runs until a signal ends it. Trouble with the server (away, token refused) is logged and waited out. */
export async function runAgent(options: AgentOptions): Promise<AgentEnd> {
  const { config, nix, log, signal, drain = never, timings = agentTimings } = options
  const read = await readCaches(config.binaryCachesPath)
  if (!read.ok) return read
  for (const warning of read.warnings) log.warn(warning)
  const { caches } = read
  const found = await readAgentInfo(config, nix, caches)
  if (!found.ok) return found
  const { info, fetching } = found
  const { environment } = config
  const remote = environment.NIX_REMOTE
  const search = await findStore({ nix, env: environment, ...(remote !== undefined && { remote }) })
  if (!search.ok) return search
  const { store } = search
  log.info({ containment: store.containment }, `builds go to the store because ${store.because}`)
  const trust = await checkTrust(store, config, log)
  if (!trust.ok) return trust
  await using work = await openWorkFolder(config.workDirectory)
  await removeLeftFolders()
  await using programs = await work.forTask('programs')
  const hook = { nix, address: store.address, builders: found.builders, folder: programs.path }
  await using pool = openPool(store, config, {
    ...found.nixSettings,
    ...(await withoutBuildHook(hook)),
    ...(caches.length > 0 ? fetchSettings(fetching) : {}),
  })
  await using keys = await work.forTask('keys')
  const push = { nix, environment, signal, backoff: timings.requests, log }
  const pushers = await openPushers(caches, keys.path, push)
  const { minFreeMegabytes, keepHours } = config.build
  await using keeper = new Keeper(store.address, { keepMs: keepHours * 3_600_000, log })
  const places = { folders: [storeDir, found.buildFolder], minFreeMegabytes }
  const machine = { config, nix, store, pool, keeper, pushers, fetching, places, work, timings, log }
  await serve(machine, { info, stop: signal, drain })
  return { ok: true }
}

function openPool(store: FoundStore, config: AgentConfig, nixSettings: StoreSettings): StorePool {
  const max = config.concurrentTasks * 2 // what an evaluation imports is looked up beside the builds
  const settings = storeSettings(nixSettings, config.build, logKeeping(store, config.build))
  return new StorePool(store.address, { min: config.concurrentTasks, max, settings, verbosity: 3 })
}

/**
 * For tasks, the caches are substituters whose keys are trusted (hercules-ci.md 4.11.3); the daemon takes that from a
 * trusted user only. What another agent has pushed a moment ago must be found, so no absence is remembered (4.3.1).
 */
function fetchSettings({ substituters, publicKeys }: Fetching): StoreSettings {
  return {
    substituters: substituters.join(' '),
    'trusted-public-keys': publicKeys.join(' '),
    'narinfo-cache-negative-ttl': '0',
  }
}

type Running = { info: AgentInfo; stop: AbortSignal; drain: AbortSignal }

/** Session after session, until the agent is to end. */
async function serve(machine: Machine, running: Running): Promise<void> {
  const { config, timings, log } = machine
  const signal = AbortSignal.any([running.stop, running.drain])
  const http = openHttp({ apiBaseUrl: config.apiBaseUrl, log, requestMs: timings.requestMs })
  while (!signal.aborted) {
    const join = { config, info: running.info, http, timings, log, signal }
    const session = await joinCluster(join)
    if (session === undefined) return
    const end = await serveSession(machine, running, { session, http })
    if (end.how === 'refused') await dropSession(join, end.reason)
  }
}

async function serveSession(
  machine: Machine,
  running: Running,
  { session, http }: { session: Session; http: Http },
): Promise<SessionEnd> {
  const { config, places, timings, log } = machine
  const ended = new AbortController()
  const api = new SessionApi({ http, timings, signal: ended.signal }, session.token)
  // Messages are numbered within a start id, and another session numbers anew (hercules-ci.md 4.4.4).
  const startInfo: StartInfo = { id: randomUUID(), startTime: new Date().toISOString() }
  const goodbye = async () => {
    const reply = await api.goodbye(startInfo, AbortSignal.timeout(timings.goodbyeMs))
    if (!reply.ok) log.warn(`no goodbye: ${reply.reason}`)
  }
  const { patienceMs } = timings
  const slots = new Slots({ slots: config.concurrentTasks, patienceMs, drain: running.drain })
  try {
    const skills = agentSkills(machine, { session, api, slots })
    return await runSession({ ...running, session, startInfo, skills, slots, places, timings, log, goodbye })
  } finally {
    ended.abort()
  }
}

const never = new AbortController().signal

/** What the agent says of itself (hercules-ci.md 4.3.6–4.3.7): read from the machine and from Nix's configuration. */
import { execFile } from 'node:child_process'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type { AgentInfo } from '@firn/contract/agent/session'
import type { StoreSettings } from '@firn/nix/daemon/options-message'
import type { NixInstallation } from '@firn/nix/nix-installation'
import { z } from 'zod'
import type { Cache } from './caches/read-caches.ts'
import type { AgentConfig } from './config.ts'
import { agentVersion } from './version.ts'

/** `fetching`: the stores that Nix fetches from, and the keys that it trusts, in tasks. */
export type InfoRead =
  | { ok: true; info: AgentInfo; fetching: Fetching; nixSettings: StoreSettings; builders: string; buildFolder: string }
  | { ok: false; reason: string }

/** The caches' come first, then the system's own (hercules-ci.md 1.12.9, 4.3.7). */
export type Fetching = { substituters: string[]; publicKeys: string[] }

const text = z.object({ value: z.string() })
const texts = z.object({ value: z.array(z.string()) })
const none = { value: [] }
const Setting = z.object({ value: z.union([z.string(), z.number(), z.boolean()]) })

/** What a client of the store always says (`setOptionsMessage`), and so must say as Nix is configured. */
const passedOn = ['cores', 'fallback', 'keep-failed', 'max-silent-time', 'substitute'] as const

/** `nix config show --json`, as far as it is of use here. */
const NixConfig = z.object({
  system: text,
  'extra-platforms': texts.default(none),
  'system-features': texts,
  substituters: texts.default(none),
  'trusted-public-keys': texts.default(none),
  cores: Setting.optional(),
  fallback: Setting.optional(),
  'keep-failed': Setting.optional(),
  'max-silent-time': Setting.optional(),
  substitute: Setting.optional(),
  timeout: Setting.optional(),
  builders: text.optional(),
  'build-dir': z.object({ value: z.string().nullable() }).optional(),
})
type NixConfig = z.infer<typeof NixConfig>

/** 1.34, the version that Firn's store client speaks. */
const storeProtocol = (1 << 8) | 34

/** What of an agent's settings it says of itself, or needs to ask Nix. */
type InfoSettings = Pick<AgentConfig, 'environment' | 'concurrentTasks' | 'labels' | 'remotePlatformsWithSameFeatures'>

/** Refused: a Nix that cannot tell its configuration. */
export async function readAgentInfo(
  config: InfoSettings,
  nix: NixInstallation,
  caches: readonly Cache[],
): Promise<InfoRead> {
  const nixConfig = await readNixConfig(nix, config.environment)
  if (!nixConfig.ok) return nixConfig
  const { value } = nixConfig
  const fetching = {
    substituters: [...new Set([...caches.map(({ storeURI }) => storeURI), ...value.substituters.value])],
    publicKeys: [
      ...new Set([...caches.flatMap(({ publicKeys }) => publicKeys), ...value['trusted-public-keys'].value]),
    ],
  }
  const description = describeMachine(config, nix, value)
  const pushCaches = caches.map(({ name }) => name)
  return {
    ok: true,
    info: { ...description, pushCaches, substituters: fetching.substituters.map(censorUri) },
    fetching,
    nixSettings: settingsOf(value),
    builders: value.builders?.value ?? '',
    buildFolder: value['build-dir']?.value ?? config.environment.TMPDIR ?? '/tmp',
  }
}

type MachineInfo = Omit<AgentInfo, 'pushCaches' | 'substituters'>

function describeMachine(config: InfoSettings, nix: NixInstallation, nixConfig: NixConfig): MachineInfo {
  return {
    hostname: hostname(),
    agentVersion,
    nixVersion: nix.version.text,
    nixClientProtocolVersion: storeProtocol,
    nixDaemonProtocolVersion: storeProtocol,
    platforms: platformsOf(config, nixConfig),
    systemFeatures: nixConfig['system-features'].value,
    cachixPushCaches: [],
    concurrentTasks: config.concurrentTasks,
    labels: config.labels,
  }
}

/** hercules-ci.md 4.3.7 */
function platformsOf({ remotePlatformsWithSameFeatures: remote }: InfoSettings, nixConfig: NixConfig): string[] {
  return [...new Set([nixConfig.system.value, ...nixConfig['extra-platforms'].value, ...remote])]
}

/** And the limit of time, by which silence and time are told apart (`read-failure.ts`); none of it leaves the daemon's alone. */
function settingsOf(nixConfig: NixConfig): StoreSettings {
  const timeout = nixConfig.timeout?.value ?? 0
  return Object.fromEntries([
    ...passedOn.flatMap((name) => {
      const value = nixConfig[name]?.value
      return value === undefined ? [] : [[name, String(value)]]
    }),
    ...(timeout === 0 ? [] : [['timeout', String(timeout)]]),
  ])
}

/** A URI with user information may hold a password (hercules-ci.md 4.3.7). */
export function censorUri(uri: string): string {
  return uri.includes('@') ? '<URI censored; might contain secret>' : uri
}

const run = promisify(execFile)

type ConfigRead = { ok: true; value: NixConfig } | { ok: false; reason: string }

/** `nix config show` is the newer name of `nix show-config`; 2.8 knows only the older one. */
async function readNixConfig(nix: NixInstallation, env: Record<string, string>): Promise<ConfigRead> {
  const program = join(nix.binDir, 'nix')
  const feature = ['--extra-experimental-features', 'nix-command', '--json']
  const attempts = [
    ['config', 'show', ...feature],
    ['show-config', ...feature],
  ]
  const failures: string[] = []
  for (const args of attempts) {
    try {
      const { stdout } = await run(program, args, { env, maxBuffer: 16 * 1024 * 1024 })
      const parsed = NixConfig.safeParse(JSON.parse(stdout))
      if (parsed.success) return { ok: true, value: parsed.data }
      failures.push(z.prettifyError(parsed.error))
    } catch (error) {
      failures.push(error instanceof Error ? error.message : String(error))
    }
  }
  return { ok: false, reason: `${program} does not tell its configuration: ${failures.join('; ')}` }
}

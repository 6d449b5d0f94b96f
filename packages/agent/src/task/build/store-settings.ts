import type { BuildSettings } from '@firn/contract/files/agent-config'
import type { StoreSettings } from '@firn/nix/daemon/options-message'
import type { LogKeeping } from './kept-log.ts'

/**
 * What a connection for builds says to the daemon: Nix's own configuration, and over it the agent's limits. Each call
 * builds one derivation whose inputs are there already, so that a limit never meets a dependency of it.
 */
export function storeSettings(nixSettings: StoreSettings, build: BuildSettings, keptLog: LogKeeping): StoreSettings {
  const { timeoutSeconds, maxSilentSeconds, maxLogMegabytes } = build
  return {
    ...nixSettings,
    'max-jobs': '1',
    ...(timeoutSeconds !== undefined && { timeout: String(timeoutSeconds) }),
    ...(maxSilentSeconds !== undefined && { 'max-silent-time': String(maxSilentSeconds) }),
    ...logSettings[keptLog],
    ...(maxLogMegabytes !== undefined && { 'max-build-log-size': String(Math.round(maxLogMegabytes * 1024 ** 2)) }),
  }
}

/** Nix compresses while the builder prints, which takes three times as long as all the rest of a noisy build. */
const logSettings: Record<LogKeeping, StoreSettings> = {
  'as-nix': {},
  'until-told': { 'compress-build-log': 'false' },
  never: { 'keep-build-log': 'false' },
}

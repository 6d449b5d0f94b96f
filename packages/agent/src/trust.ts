/** Whether the Nix daemon trusts the agent's user, and what it means where it does not (hercules-ci.md 4.1.2, 4.10.2). */
import { userInfo } from 'node:os'
import type { Log } from '@firn/base/log'
import { StoreLost } from '@firn/nix/daemon/client'
import type { FoundStore } from '@firn/nix/daemon/find-store'
import { isTrustedBy } from '@firn/nix/daemon/trust'
import type { AgentConfig } from './config.ts'

type Trust = { ok: true } | { ok: false; reason: string }

/**
 * An agent works without trust too, but for what the daemon takes from trusted users only; that is told. Refused: the
 * settings say that it is trusted, or the daemon does not talk to this user at all.
 */
export async function checkTrust(
  store: FoundStore,
  { nixUserIsTrusted, build }: Pick<AgentConfig, 'nixUserIsTrusted' | 'build'>,
  log: Log,
): Promise<Trust> {
  if (store.containment !== 'system') return { ok: true }
  const trusted = await isTrustedBy(store.address).catch((error: unknown) => {
    if (error instanceof StoreLost) return error
    throw error
  })
  if (trusted instanceof StoreLost)
    return {
      ok: false,
      reason: `the Nix daemon does not talk to this user (see allowed-users in nix.conf): ${trusted.message}`,
    }
  if (trusted) return { ok: true }
  const remedy = `Add ${userName()} to trusted-users in the nix.conf of the daemon and restart it.`
  if (nixUserIsTrusted)
    return { ok: false, reason: `nixUserIsTrusted is set, but the Nix daemon does not trust this user. ${remedy}` }
  const idle = [
    ...(build.maxLogMegabytes === undefined ? [] : ['maxLogMegabytes has no effect;']),
    ...(build.keepBuildLog === false ? ['keepBuildLog = false has no effect;'] : []),
  ]
  log.warn(
    `The Nix daemon does not trust this user: it takes substituters and most settings from its own configuration only; ${[...idle, 'builds and evaluations work.', remedy].join(' ')}`,
  )
  return { ok: true }
}

/** A user may have no name. */
function userName(): string {
  try {
    return userInfo().username
  } catch {
    return `the user with id ${process.getuid?.()}`
  }
}

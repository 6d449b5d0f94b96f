/** Whose matter a build's result is: told by Nix's typed status, by text only where the status covers both. */
import type { BuildFailure } from '@firn/contract/agent/build-failure'
import { type BuildResult, type BuildStatus, isSuccess } from '@firn/nix/daemon/client'
import type { StoreSettings } from '@firn/nix/daemon/options-message'
import { readFailure } from './read-failure.ts'
import { ownText } from './result-text.ts'

export type Verdict =
  | { is: 'built' }
  | { is: 'failed'; reason: string; failure: BuildFailure | undefined }
  | { is: 'broken'; reason: string }

/** The derivation's own matter: the same source fails in the same way on a healthy agent. */
const usersMatter: ReadonlySet<BuildStatus> = new Set([
  'PermanentFailure',
  'TransientFailure',
  'InputRejected',
  'OutputRejected',
  'CachedFailure',
  'TimedOut',
  'LogLimitExceeded',
  'NotDeterministic',
  'HashMismatch',
])

/** What Nix adds to a failure when the disk of the store or of the builds is full, and what the system says. */
const diskFull = /lack of free disk space|No space left on device/

/** Newer Nix says so with the status of a bad derivation. It should not have been given to this agent. */
const notForHere = /Required system:|Required features:|required system or feature/i

/**
 * A build that Nix has given to a remote builder of its own: however it fails there, the status is that of any trouble with
 * the remote builder, and what the remote Nix says stands in a message only.
 */
function judgeRemote(result: BuildResult, told: readonly string[], settings: StoreSettings): Verdict | undefined {
  if (result.status !== 'MiscFailure') return undefined
  const text = told
    .map(ownText)
    .find((line) => /build of '[^']+' on '[^']+' failed: /.test(line) && line.includes(result.drvPath))
  const remote = text?.replace(/^[\s\S]*?' failed: /, '')
  if (text === undefined || remote === undefined) return undefined
  const failure = readFailure({ ...result, status: statusOf(remote), errorText: remote }, settings)
  return failure && { is: 'failed', reason: text, failure }
}

const statusOf = (text: string): BuildStatus => (/timed out after/.test(text) ? 'TimedOut' : 'PermanentFailure')

/**
 * @param told what Nix said at level error meanwhile: of a dependency that failed it is the only word
 * @param settings what the build was asked for with
 */
export function judgeBuild(result: BuildResult, told: readonly string[] = [], settings: StoreSettings = {}): Verdict {
  if (isSuccess(result)) return { is: 'built' }
  const text = result.errorText === '' ? `the build ended with ${result.status}` : result.errorText
  const own = ownText(text)
  if (result.status === 'InputRejected' && notForHere.test(own)) return { is: 'broken', reason: text }
  if (diskFull.test(own)) return { is: 'broken', reason: `the agent's disk is full: ${text}` }
  if (usersMatter.has(result.status)) return { is: 'failed', reason: text, failure: readFailure(result, settings) }
  if (result.status === 'DependencyFailed') {
    const which = told.map((line) => `; ${ownText(line).replace(/^error: /, '')}`).join('')
    return {
      is: 'broken',
      reason: `a dependency was not in the store of this agent and could not be had: ${text}${which}`,
    }
  }
  return judgeRemote(result, told, settings) ?? { is: 'broken', reason: text }
}

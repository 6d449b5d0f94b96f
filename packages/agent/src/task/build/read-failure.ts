/**
 * What exactly a failed build failed with. The status of Nix's result says the kind; numbers, hashes and paths, and the
 * kinds that share a status, stand in the text only. Texts: Nix 2.8, 2.26 and 2.34, which agree in the words looked at, but
 * for silence: 2.34 says of it what it says of any time.
 */
import { BuildFailure } from '@firn/contract/agent/build-failure'
import type { BuildResult } from '@firn/nix/daemon/client'
import type { StoreSettings } from '@firn/nix/daemon/options-message'
import { ownText } from './result-text.ts'

type Candidate = Record<string, unknown>

/**
 * Undefined where Nix says it in words that are not known.
 *
 * @param settings what the build was asked for with
 */
export function readFailure(result: BuildResult, settings: StoreSettings = {}): BuildFailure | undefined {
  const text = ownText(result.errorText)
  const failure = BuildFailure.safeParse(candidateOf(result, text, settings))
  return failure.success ? failure.data : undefined
}

function candidateOf({ status }: BuildResult, text: string, settings: StoreSettings): Candidate | undefined {
  switch (status) {
    case 'PermanentFailure':
    case 'TransientFailure':
    case 'CachedFailure':
      return exitOf(text) ?? outputOf(text)
    case 'TimedOut':
      return timeOf(text, settings)
    case 'LogLimitExceeded':
      return withNumbers('log-too-large', text, /more than (?<limitBytes>\d+) bytes/)
    case 'NotDeterministic':
      return withNames('not-deterministic', text, /output '(?<output>[^']+)'(?: of '[^']+')? differs/)
    case 'HashMismatch':
      return hashesOf(text)
    case 'OutputRejected':
      return hashesOf(text) ?? outputOf(text) ?? rejected(text)
    default:
      return rejected(text)
  }
}

function exitOf(text: string): Candidate | undefined {
  return (
    withNumbers('exited', text, /failed with exit code (?<code>\d+)/) ??
    withNumbers('signalled', text, /failed due to signal (?<signal>\d+)/)
  )
}

/** Where both limits are the same, a build that prints nothing has reached either. */
function timeOf(text: string, settings: StoreSettings): Candidate | undefined {
  const found = withNumbers('timed-out', text, /timed out after (?<seconds>\d+) seconds/)
  const ofSilence =
    String(found?.seconds) === settings['max-silent-time'] && settings.timeout !== settings['max-silent-time']
  return found && (ofSilence || text.includes('seconds of silence')) ? { ...found, how: 'silent' } : found
}

function hashesOf(text: string): Candidate | undefined {
  return withNames('hash-mismatch', text, /hash mismatch[\s\S]*?specified:\s*(?<wanted>\S+)\s+got:\s*(?<got>\S+)/)
}

function outputOf(text: string): Candidate | undefined {
  return withNames('no-output', text, /failed to produce output path for output '(?<output>[^']+)'/) ?? sizeOf(text)
}

/** `outputChecks` of a derivation with structured attributes. */
function sizeOf(text: string): Candidate | undefined {
  const found =
    /(?<closure>closure of )?path '(?<path>[^']+)' is too large at (?<bytes>\d+) bytes; limit is (?<limit>\d+)/
  const { closure, path, bytes, limit } = found.exec(text)?.groups ?? {}
  if (path === undefined) return undefined
  const how = 'output-too-large'
  return { how, path, closure: closure !== undefined, bytes: Number(bytes), limitBytes: Number(limit) }
}

const rejected = (text: string): Candidate => ({ how: 'rejected', reason: text.slice(0, 2000) })

function withNames(how: BuildFailure['how'], text: string, pattern: RegExp): Candidate | undefined {
  const groups = pattern.exec(text)?.groups
  return groups && { how, ...groups }
}

function withNumbers(how: BuildFailure['how'], text: string, pattern: RegExp): Candidate | undefined {
  const groups = pattern.exec(text)?.groups
  return groups && { how, ...Object.fromEntries(Object.entries(groups).map(([name, value]) => [name, Number(value)])) }
}

/** What became of a derivation. Authority: Nix's build results; the order of the names is their number in the protocol. */
import { z } from 'zod'
import { storeDir } from '../store-path.ts'
import type { Decoder } from './wire.ts'

const statuses = [
  'Built',
  'Substituted',
  'AlreadyValid',
  'PermanentFailure',
  'InputRejected',
  'OutputRejected',
  'TransientFailure',
  'CachedFailure',
  'TimedOut',
  'MiscFailure',
  'DependencyFailed',
  'LogLimitExceeded',
  'NotDeterministic',
  'ResolvesToAlreadyValid',
  'NoSubstituters',
  'HashMismatch',
] as const

/** A status that newer versions of Nix may add is told as `MiscFailure`; the text says what it is about. */
export type BuildStatus = (typeof statuses)[number]

export type BuildResult = {
  drvPath: string
  status: BuildStatus
  /** Nix's text, with ANSI colours; empty after success */
  errorText: string
  /** seconds since 1970; 0 where nothing was started */
  startTime: number
  stopTime: number
  /** output name → store path, as far as the daemon tells: the wanted ones after success */
  outputs: Record<string, string>
}

const succeeded: ReadonlySet<BuildStatus> = new Set(['Built', 'Substituted', 'AlreadyValid', 'ResolvesToAlreadyValid'])

export function isSuccess(result: BuildResult): boolean {
  return succeeded.has(result.status)
}

const realisation = z.object({ id: z.string(), outPath: z.string() })

/** One result of `BuildPathsWithResults`, protocol 1.34. */
export function readBuildResult(decoder: Decoder): BuildResult {
  const drvPath = decoder.string().replace(/[!^][^!^]*$/, '')
  const status = statuses[decoder.number()] ?? 'MiscFailure'
  const errorText = decoder.string()
  decoder.number() // times built
  decoder.number() // known not to be deterministic
  const startTime = decoder.number()
  const stopTime = decoder.number()
  const outputs: Record<string, string> = Object.create(null)
  for (let left = decoder.count(); left > 0; left--) {
    decoder.skipString() // the realisation names its output itself
    const { id, outPath } = realisation.parse(JSON.parse(decoder.string()))
    outputs[id.slice(id.lastIndexOf('!') + 1)] = `${storeDir}/${outPath}`
  }
  return { drvPath, status, errorText, startTime, stopTime, outputs }
}

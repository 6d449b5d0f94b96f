import type { BuildFailure } from '@firn/contract/agent/build-failure'

/**
 * Why a build failed, in one sentence or two: what happened, and what to do where that does not follow from it.
 * @param failure null where the agent does not say, as others than Firn's
 * @param agent where it was tried
 */
export function failureSentence(failure: BuildFailure | null, agent: string | null): string {
  const on = agent ?? 'an agent'
  switch (failure?.how) {
    case undefined:
      return `The build failed on ${on}; its log says why.`
    case 'exited':
      return `The build failed on ${on}: the builder ended with exit code ${failure.code}; its last lines say why.`
    case 'signalled':
      return `The build failed on ${on}: the builder was ended by signal ${failure.signal}.${hintOf(failure.signal)}`
    case 'timed-out':
      return `Timed out on ${on}: not done after ${duration(failure.seconds)}, which is all that a build may take there.`
    case 'silent':
      return `Silent too long on ${on}: its builder printed nothing for ${duration(failure.seconds)}, and was taken to hang.`
    case 'log-too-large':
      return `Log too large: the build was ended on ${on} after it had printed more than ${size(failure.limitBytes)}.`
    case 'output-too-large':
      return `Output too large: ${failure.closure ? 'the closure of ' : ''}${nameOf(failure.path)} is ${size(failure.bytes)}, and the derivation allows ${size(failure.limitBytes)}.`
    case 'hash-mismatch':
      return `Hash mismatch: the derivation declares ${failure.wanted}, and what came is ${failure.got}. If that is what you want, write it there.`
    case 'not-deterministic':
      return `Not deterministic: built again on ${on}, ${nameOf(failure.output)} came out differently.`
    case 'no-output':
      return `The build on ${on} ended well, but did not make its output ${failure.output}.`
    case 'rejected':
      return `Nix on ${on} does not accept it: ${firstWords(failure.reason)}`
  }
}

const killed = 9

const hintOf = (signal: number) => (signal === killed ? ' That is what the system does when memory is short.' : '')

/** The part of a store path that a person calls it by. */
const nameOf = (path: string) => path.slice('/nix/store/'.length + 33)

/** The rest stands in the log. */
function firstWords(text: string): string {
  const words = text.replace(/\s+/g, ' ').trim()
  return words.length <= 300 ? words : `${words.slice(0, 300)}…`
}

const units: [seconds: number, name: string][] = [
  [86_400, 'd'],
  [3600, 'h'],
  [60, 'min'],
  [1, 's'],
]

/** In at most two units. */
function duration(seconds: number): string {
  const parts = units.flatMap(([length, name], i) => {
    const left = i === 0 ? seconds : seconds % (units[i - 1]?.[0] ?? 1)
    const n = Math.floor(left / length)
    return n === 0 ? [] : [`${n} ${name}`]
  })
  return parts.slice(0, 2).join(' ') || '0 s'
}

/** A megabyte is 1024² bytes, as in an agent's settings. */
function size(bytes: number): string {
  if (bytes < 1024) return `${bytes} bytes`
  if (bytes < 1024 ** 2) return `${round(bytes / 1024)} KB`
  if (bytes < 1024 ** 3) return `${round(bytes / 1024 ** 2)} MB`
  return `${round(bytes / 1024 ** 3)} GB`
}

const round = (value: number) => (value < 10 ? Math.round(value * 10) / 10 : Math.round(value))

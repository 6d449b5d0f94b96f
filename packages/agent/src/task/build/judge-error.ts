/**
 * Whose matter it is when the daemon answers a build with an error instead of a result, or is gone in the middle of it. As a
 * rule the machine's. What a derivation brings about by itself is known by Nix's words, each of which was made to be said by
 * Nix 2.8, 2.26 or 2.34 (`build-errors.test.ts`); they are read from end to end, since names in them are the builder's choice.
 */
import { stripVTControlCharacters } from 'node:util'
import { StoreError, type StoreLost } from '@firn/nix/daemon/client'
import type { Verdict } from './judge.ts'

type Known = [words: RegExp, because?: string]

const logMessage =
  'the builder printed a line that begins with @nix and is not a log message that Nix understands, so Nix ended the build'

const known: Known[] = [
  [/^unsupported JSON type \d+$/, logMessage],
  [
    /^file ['"][\s\S]*['"] has an unsupported type$/,
    'an output is, or holds, what is neither a file nor a folder nor a symbolic link',
  ],
  // Nix cannot remove it, so a later build says it before it has begun.
  [/^[a-z ]+ ['"][\s\S]*['"]: File name too long$/, 'the builder made a path that is longer than the system allows'],
  // Below an output (a sandbox's own folder ends in .chroot), and where Nix is not root.
  [
    /^[a-z ]+ ['"][^'"]*\/[a-z0-9]{32}-[^/'"]+(?<!\.chroot)\/[\s\S]*['"]: Permission denied$/,
    'the builder left a folder in an output that may not be read',
  ],
  [/^fixed output derivation '[^']+' is not allowed to refer to other store paths/],
  [/^cycle detected in build of '[^']+' in the references of output /],
  [/^attribute '[^']+' of derivation '[^']+' must be a /],
  [/^cannot process __json attribute of '[^']+': /],
  [/^invalid file name '[\s\S]*' in 'exportReferencesGraph'$/],
  // of `exportReferencesGraph` in structured attributes
  [/^(?:path '[\s\S]*' is not in the Nix store|not an absolute path: '[\s\S]*')$/],
  [/^derivation '[^']+' has '__noChroot' set, but that's not allowed/],
  [/^derivation '[^']+' requested impure path '[\s\S]*', but it was not in allowed-impure-host-deps$/],
]

/**
 * The one way that is known in which a derivation makes its daemon abort (Nix 2.8). No other assertion counts: a damaged
 * store fails one as well (a .drv file that was cut off, Nix 2.26).
 */
const brokenOff = /makeFixedOutputPath\([\s\S]*Assertion `references\.empty\(\)' failed/

/** @param begun the builder had begun */
export function judgeError(error: StoreError | StoreLost, begun: boolean): Verdict {
  if (error instanceof StoreError) return judgeAnswer(error, begun)
  if (!begun || !brokenOff.test(error.lastWords))
    return { is: 'broken', reason: `the connection to the Nix store was lost: ${error.message}` }
  return rejected(
    error.lastWords,
    'the output refers to a store path, which one with a declared hash may not; Nix broke off',
  )
}

function judgeAnswer({ message, traces }: StoreError, begun: boolean): Verdict {
  const text = plain(message)
  if (text.startsWith('[json.exception.')) return rejected(text, begun ? `${logMessage}; or ${attribute}` : attribute)
  // Nix 2.34 reads the attributes before it does anything, and says so.
  const doing = traces.map((trace) => plain(trace.text))
  if (doing.some((what) => what.startsWith("while parsing derivation '")))
    return rejected(`${text}, ${doing.join(', ')}`)
  const found = known.find(([words]) => words.test(text))
  return found ? rejected(text, found[1]) : { is: 'broken', reason: `the Nix store refused: ${message}` }
}

/** Nix 2.8 and 2.26 read some of the structured ones only when the builder has ended. */
const attribute = 'an attribute of the derivation is not of the type that Nix expects'

const plain = (text: string) => stripVTControlCharacters(text).trim()

function rejected(text: string, because?: string): Verdict {
  const reason = because === undefined ? text : `${because}: ${text}`
  return { is: 'failed', reason, failure: { how: 'rejected', reason: reason.slice(0, 2000) } }
}

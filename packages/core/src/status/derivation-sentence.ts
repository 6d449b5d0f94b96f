import type { BuildFailure } from '@firn/contract/agent/build-failure'
import type { DerivationStatus } from '@firn/contract/api/derivation'
import { failureSentence } from '../build/failure-sentence.ts'
import { triesMax } from '../build/retry.ts'
import { asSentence } from './as-sentence.ts'
import { type Silence, wordSilence } from './silence.ts'

export type DerivationStory = {
  status: DerivationStatus
  /** Set when the failure is not the user's. */
  technicalError: string | null
  /** What the newest build failed with, as far as its agent says. */
  failure: BuildFailure | null
  agent: string | null
  /** That of its agent, while it is at work. */
  silence: Silence | null
  /** Direct inputs that are not there yet. */
  waitsFor: readonly string[]
  /** Derivations whose own failure blocks it, direct inputs or below them. */
  failedInputs: readonly string[]
  /** Why its queued task has no agent yet; null while it has none. */
  queued: string | null
  /** Its task was given to the agent, which has not begun it. */
  isGiven: boolean
  /** Of what it waits for, however far below: what has no agent yet, and why. */
  below: { path: string; queued: string } | null
  /** The stores that had its outputs, where it was not built. */
  seenIn: readonly string[]
  /** What ended the try before, when it is tried again, and how many tries of this attempt were held against it. */
  lastTry: { because: string; tries: number } | null
  /** Who cancelled its last task, as a sentence. */
  cancelled: string | null
}

/** How a derivation stands and why, in one sentence or two. */
export function derivationSentence(story: DerivationStory): string {
  switch (story.status) {
    case 'NotPlanned':
      if (story.seenIn.length > 0) return `Needs no build: ${holders(story.seenIn)}.`
      return 'Known from an evaluation; nobody has asked for it to be built.'
    case 'Waiting':
      return [story.lastTry === null ? '' : triedBefore(story.lastTry), waiting(story)].join('')
    case 'Building':
      return `Building on ${story.agent ?? 'an agent'}${wordSilence(story.silence)}.`
    case 'BuildSuccess':
      if (story.seenIn.length > 0) return `Already there, so it was not built: ${holders(story.seenIn)}.`
      return story.agent === null ? 'Built.' : `Built on ${story.agent}.`
    case 'BuildFailure':
      return story.technicalError === null
        ? failureSentence(story.failure, story.agent)
        : `Broken, which is not the derivation's fault. ${story.technicalError}`
    case 'DependencyFailure':
      return `Not built, because ${names(story.failedInputs)} failed.`
    case 'Cancelled':
      return `${story.cancelled ?? 'Cancelled.'} It is built when somebody asks for it again.`
  }
}

function triedBefore({ because, tries }: { because: string; tries: number }): string {
  const which = tries === 0 ? '' : ` (try ${tries + 1} of ${triesMax})`
  return `Tried again${which}: ${asSentence(because)} `
}

function waiting({ queued, isGiven, agent, silence, waitsFor, below }: DerivationStory): string {
  if (queued !== null) return queued
  if (isGiven)
    return `Given to agent ${agent}${silence === null ? ', which begins it when a slot is free' : wordSilence(silence)}.`
  if (waitsFor.length === 0) return 'About to be queued.'
  const why = below === null ? '' : `; ${derivationName(below.path)} has no agent yet. ${below.queued}`
  return `Waits for ${names(waitsFor)}${why || '.'}`
}

/** `auto` is how Nix calls the store of the machine itself. */
function holders(stores: readonly string[]): string {
  const named = stores.map((store) => (store === 'auto' ? "the agent's own store" : store))
  return named.length === 1 ? `${named[0]} has it` : `${named.slice(0, -1).join(', ')} and ${named.at(-1)} have it`
}

function names(paths: readonly string[]): string {
  const [first, second, ...more] = paths.map(derivationName)
  if (first === undefined) return 'something it needs'
  if (second === undefined) return first
  return more.length === 0 ? `${first} and ${second}` : `${first}, ${second} and ${more.length} more`
}

/** The part of a derivation's path that a person calls it by: `/nix/store/<hash>-hello-1.0.drv` is hello-1.0. */
export function derivationName(path: string): string {
  return path.slice('/nix/store/'.length + 33).replace(/\.drv$/, '')
}

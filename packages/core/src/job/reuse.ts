import type { EvaluationFacts, PushArgument } from '@firn/contract/agent/evaluate-event'

/** An evaluation that might be used again, and the push that might use it. */
export type ReuseQuestion = {
  facts: EvaluationFacts
  isFlake: boolean
  /** The evaluation found effects: what they do may depend on anything. */
  hasEffects: boolean
  before: { ref: string; rev: string }
  now: { ref: string; rev: string }
  /** Versions of Nix on the agents that could evaluate now. */
  nixVersions: readonly string[]
}

export type Reuse = { again: true } | { again: false; because: string }

/**
 * Whether the findings of an earlier evaluation of the same tree, inputs and settings are those of this push too: only
 * where it looked at nothing that differs between the two. What a flake does with its own revision and dates
 * cannot be seen, so a flake's evaluation is used again for the same revision only.
 */
export function decideReuse({ facts, isFlake, hasEffects, before, now, nixVersions }: ReuseQuestion): Reuse {
  if (!facts.timeless) return no('its source reads the clock or fetches something')
  if (hasEffects) return no('it has effects')
  if (isFlake && before.rev !== now.rev) return no('it is a flake, which may read its own revision')
  if (nixVersions.length !== 1 || nixVersions[0] !== facts.nixVersion)
    return no('another version of Nix would evaluate it')
  const seen = facts.forced.filter((argument) => differs(argument, before, now))
  return seen.length === 0 ? { again: true } : no(`it looked at ${seen.join(' and ')}`)
}

function differs(
  argument: PushArgument,
  before: { ref: string; rev: string },
  now: { ref: string; rev: string },
): boolean {
  switch (argument) {
    case 'rev':
    case 'shortRev':
      return before.rev !== now.rev
    case 'ref':
      return before.ref !== now.ref
    case 'branch':
      return after('refs/heads/', before.ref) !== after('refs/heads/', now.ref)
    case 'tag':
      return after('refs/tags/', before.ref) !== after('refs/tags/', now.ref)
  }
}

/** What follows the prefix, else null: the value that the expression sees (hercules-ci.md 1.3.4). */
function after(prefix: string, ref: string): string | null {
  return ref.startsWith(prefix) ? ref.slice(prefix.length) : null
}

const no = (because: string): Reuse => ({ again: false, because })

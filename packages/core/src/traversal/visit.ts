/**
 * What is done with a value that an evaluation has found: go into it, take it as an attribute or an effect, refuse it, or
 * leave it (hercules-ci.md 1.6–1.8).
 */
import type { AttributeType } from '@firn/contract/agent/evaluate-event'

/** The mark that counts among those a derivation has (hercules-ci.md 1.8.1). */
export type Mark = 'isEffect' | 'buildDependenciesOnly' | 'nobuildPhase' | 'ignoreFailure' | 'requireFailure'

/**
 * What the evaluator says of a value. `calls`: so many functors were called to get to a set's attributes.
 * `unrecursed` and `typed` are sets that are marked not to be gone into; `other` is no set at all.
 */
export type Described =
  | { is: 'derivation'; drvPath: string; mark: Mark | null }
  | { is: 'set'; names: readonly string[]; calls: number }
  | { is: 'typed' | 'unrecursed' | 'exhausted' }
  | { is: 'other'; type: string }

/** Where the walk is: `outputs` of a herculesCI handler, or a file without one. */
export type WalkMode = 'outputs' | 'legacy'

/** A place in the walk; `levels` are left below it, its own included. */
export type Place = { path: readonly string[]; levels: number }

/** hercules-ci.md 1.6.1, 1.7.1 */
export const levelsMax = 10

export type Decision =
  | { do: 'attribute'; drvPath: string; type: Exclude<AttributeType, 'Effect'> }
  | { do: 'effect'; drvPath: string }
  | { do: 'refuse'; message: string }
  | { do: 'descend'; into: Place[] }
  | { do: 'tooDeep'; paths: string[][] }
  | { do: 'ignore'; because: string }

export function decideVisit(mode: WalkMode, place: Place, found: Described): Decision {
  switch (found.is) {
    case 'derivation':
      return decideDerivation(mode, place.path, found)
    case 'set':
      return decideSet(mode, place, found)
    case 'typed':
      return { do: 'ignore', because: 'it has an attribute _type' }
    case 'unrecursed':
      return {
        do: 'ignore',
        because: mode === 'outputs' ? 'recurseForDerivations is false' : 'recurseForDerivations is not true',
      }
    case 'exhausted':
      return { do: 'ignore', because: `more than ${levelsMax} functors give each other` }
    case 'other':
      return { do: 'ignore', because: `it is of type ${found.type}` }
  }
}

const typeOfMark: Record<Exclude<Mark, 'isEffect'>, Exclude<AttributeType, 'Effect'>> = {
  buildDependenciesOnly: 'DependenciesOnly',
  nobuildPhase: 'DependenciesOnly',
  ignoreFailure: 'MayFail',
  requireFailure: 'MustFail',
}

function decideDerivation(
  mode: WalkMode,
  path: readonly string[],
  { drvPath, mark }: Extract<Described, { is: 'derivation' }>,
): Decision {
  if (mark === 'isEffect') {
    if (mode === 'legacy' || path[0] === 'effects') return { do: 'effect', drvPath }
    return {
      do: 'refuse',
      message: 'This derivation is marked as an effect, but effects are only allowed below the effects attribute.',
    }
  }
  return { do: 'attribute', drvPath, type: mark === null ? 'Regular' : typeOfMark[mark] }
}

/** The mark itself is no attribute to look at. */
const notAnAttribute = 'recurseForDerivations'

function decideSet(
  mode: WalkMode,
  { path, levels }: Place,
  { names, calls }: Extract<Described, { is: 'set' }>,
): Decision {
  const below = levels - 1 - calls
  const paths = names.filter((name) => name !== notAnAttribute).map((name) => [...path, name])
  if (below >= 0) return { do: 'descend', into: paths.map((child) => ({ path: child, levels: below })) }
  if (mode === 'legacy')
    return { do: 'ignore', because: `it is more than ${levelsMax} attributes or functor calls deep` }
  return { do: 'tooDeep', paths }
}

/** hercules-ci.md 1.6.4 */
export function tooDeepMessage(path: readonly string[]): string {
  return `Max recursion depth reached at path ${JSON.stringify(path)}`
}

import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  type Decision,
  type Described,
  decideVisit,
  levelsMax,
  type Mark,
  type Place,
  tooDeepMessage,
  type WalkMode,
} from './visit.ts'

const drvPath = '/nix/store/00000000000000000000000000000000-x.drv'
const root: Place = { path: [], levels: levelsMax }
const at = (...path: string[]): Place => ({ path, levels: levelsMax - path.length })
const derivation = (mark: Mark | null = null): Described => ({ is: 'derivation', drvPath, mark })
const set = (names: string[], calls = 0): Described => ({ is: 'set', names, calls })
const deep = (length: number) => at(...Array.from({ length }, (_, i) => `a${i}`))

type Row = [title: string, mode: WalkMode, place: Place, found: Described, expected: Decision]

const rows: Row[] = [
  ['1.6.1 a set is gone into', 'outputs', root, set(['a', 'b']), { do: 'descend', into: [at('a'), at('b')] }],
  ['1.6.2 a nested set too', 'outputs', at('a'), set(['b']), { do: 'descend', into: [at('a', 'b')] }],
  [
    '1.6.3 a set with _type is not',
    'outputs',
    at('a'),
    { is: 'typed' },
    { do: 'ignore', because: 'it has an attribute _type' },
  ],
  [
    '1.6.4 the tenth name is visited',
    'outputs',
    deep(9),
    set(['x']),
    { do: 'descend', into: [{ path: [...deep(9).path, 'x'], levels: 0 }] },
  ],
  ['1.6.4 the eleventh is not', 'outputs', deep(10), set(['x']), { do: 'tooDeep', paths: [[...deep(10).path, 'x']] }],
  [
    '1.6.4 a derivation at the tenth is an attribute',
    'outputs',
    deep(10),
    derivation(),
    { do: 'attribute', drvPath, type: 'Regular' },
  ],
  [
    '1.6.5 recurseForDerivations = false',
    'outputs',
    at('g'),
    { is: 'unrecursed' },
    { do: 'ignore', because: 'recurseForDerivations is false' },
  ],
  [
    '1.6.6 other values are ignored',
    'outputs',
    at('f'),
    { is: 'other', type: 'String' },
    { do: 'ignore', because: 'it is of type String' },
  ],
  [
    '1.6.8 names are kept as they are',
    'outputs',
    at('a.b'),
    set(['c"d', '']),
    { do: 'descend', into: [at('a.b', 'c"d'), at('a.b', '')] },
  ],
  [
    '1.6.5 the mark is not an attribute',
    'outputs',
    root,
    set(['a', 'recurseForDerivations']),
    { do: 'descend', into: [at('a')] },
  ],
  ['1.7.1 the root is gone into', 'legacy', root, set(['a']), { do: 'descend', into: [at('a')] }],
  [
    '1.7.1 a nested set without the mark is not',
    'legacy',
    at('a'),
    { is: 'unrecursed' },
    { do: 'ignore', because: 'recurseForDerivations is not true' },
  ],
  [
    '1.7.1, 1.7.3 ten levels, silently',
    'legacy',
    deep(10),
    set(['x']),
    { do: 'ignore', because: 'it is more than 10 attributes or functor calls deep' },
  ],
  [
    '1.7.2 a functor call costs a level',
    'legacy',
    at('f'),
    set(['x'], 2),
    { do: 'descend', into: [{ path: ['f', 'x'], levels: 6 }] },
  ],
  [
    '1.7.3 calls and names count together',
    'legacy',
    deep(8),
    set(['x'], 2),
    { do: 'ignore', because: 'it is more than 10 attributes or functor calls deep' },
  ],
  [
    '1.7.3 functors without end',
    'legacy',
    at('f'),
    { is: 'exhausted' },
    { do: 'ignore', because: 'more than 10 functors give each other' },
  ],
  [
    '1.7.5 lambdas are ignored',
    'legacy',
    at('f'),
    { is: 'other', type: 'Function' },
    { do: 'ignore', because: 'it is of type Function' },
  ],
  ['1.7.5 a derivation at the root', 'legacy', root, derivation(), { do: 'attribute', drvPath, type: 'Regular' }],
  [
    '1.7.6 an effect anywhere in legacy mode',
    'legacy',
    at('deploy'),
    derivation('isEffect'),
    { do: 'effect', drvPath },
  ],
  [
    '1.8.1 buildDependenciesOnly',
    'outputs',
    at('x'),
    derivation('buildDependenciesOnly'),
    { do: 'attribute', drvPath, type: 'DependenciesOnly' },
  ],
  [
    '1.8.1, 1.8.4 nobuildPhase',
    'outputs',
    at('x'),
    derivation('nobuildPhase'),
    { do: 'attribute', drvPath, type: 'DependenciesOnly' },
  ],
  [
    '1.8.1 ignoreFailure',
    'outputs',
    at('x'),
    derivation('ignoreFailure'),
    { do: 'attribute', drvPath, type: 'MayFail' },
  ],
  [
    '1.8.1 requireFailure',
    'outputs',
    at('x'),
    derivation('requireFailure'),
    { do: 'attribute', drvPath, type: 'MustFail' },
  ],
  [
    '1.8.3 an effect below effects',
    'outputs',
    at('effects', 'deploy'),
    derivation('isEffect'),
    { do: 'effect', drvPath },
  ],
  [
    '1.8.3, 10.5 an effect elsewhere',
    'outputs',
    at('packages', 'effects'),
    derivation('isEffect'),
    {
      do: 'refuse',
      message: 'This derivation is marked as an effect, but effects are only allowed below the effects attribute.',
    },
  ],
]

for (const [title, mode, place, found, expected] of rows) {
  test(title, () => assert.deepEqual(decideVisit(mode, place, found), expected))
}

test('1.6.4 the message names the path', () => {
  assert.equal(tooDeepMessage(['a', 'b']), 'Max recursion depth reached at path ["a","b"]')
})

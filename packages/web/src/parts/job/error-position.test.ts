import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { errorPosition, findPlaces, positionWords } from './error-position.ts'

const of = (errorMessage: string, trace: string | null = null) => errorPosition({ errorMessage, trace })

test('the place stands in the message, whatever its colours', () => {
  const message = `attribute '\x1b[35;1mx\x1b[0m' missing

\x1b[34;1mat \x1b[35;1m./nix/default.nix:60:7\x1b[0m:

     60|   c = { }.x;
       |       \x1b[31;1m^\x1b[0m`
  const position = of(message) ?? assert.fail()
  assert.deepEqual(position, { file: 'nix/default.nix', line: 60, column: 7, within: undefined })
  assert.equal(positionWords(position), 'nix/default.nix, line 60')
})

test('of a trace the innermost place: last in later versions of Nix, first in 2.8', () => {
  const later = `… while evaluating the attribute 'a'
  at ./ci.nix:9:3:
     9|   a = f 1;
… while calling the 'throw' builtin
  at ./lib.nix:2:7:`
  const early = `… while evaluating 'f'

at ./lib.nix:2:7:

… from call site

at ./ci.nix:9:3:`
  for (const trace of [later, early])
    assert.deepEqual(of('no one', trace), { file: 'lib.nix', line: 2, column: 7, within: undefined })
})

test('a place in the repository tells more than one in an input, and one in an input more than none', () => {
  const lib = 'at /nix/store/0c9v6xqb3zj2v5n0y4c7r9d1b6h3m2p5-nixpkgs/lib/attrsets.nix:1:2:'
  assert.equal(of(`boo\n\n${lib}`, '… while evaluating\n  at ./flake.nix:3:4:')?.file, 'flake.nix')
  assert.deepEqual(of(`boo\n\n${lib}`), { file: 'lib/attrsets.nix', line: 1, column: 2, within: 'nixpkgs' })
  assert.equal(of('boo\nat «github:NixOS/nixpkgs/1a2b»/a.nix:5:6:')?.within, 'github:NixOS/nixpkgs/1a2b')
})

test('a text that names no file has no place', () => {
  for (const text of ['boo', 'at «string»:1:3:', 'look at the file', 'at x.nix:1:2:', ''])
    assert.equal(of(text), undefined)
})

test('any text is read without an exception, and what misleads is made visible', () => {
  assert.equal(of('at ./a\u202excod.nix:1:2:')?.file, 'a\ufffdxcod.nix')
  const pieces = fc.constantFrom('at ', './a', '/nix/store/', '«', '»/', ':1', ':', '\n', '… ', ' ', '\x1b[1m')
  fc.assert(fc.property(fc.array(pieces), (parts) => void of(parts.join(''), parts.join(''))))
})

test('places are found where they stand, in the order of the text', () => {
  const text =
    'boo\n\nat ./at home/x.nix:3:14:\n  at /nix/store/0c9v6xqb3zj2v5n0y4c7r9d1b6h3m2p5-nixpkgs/lib/a.nix:1:2:\nat «string»:1:1:'
  const found = findPlaces(text).map(({ from, to, position }) => [text.slice(from, to), position.file, position.within])
  assert.deepEqual(found, [
    ['./at home/x.nix:3:14', 'at home/x.nix', undefined],
    ['/nix/store/0c9v6xqb3zj2v5n0y4c7r9d1b6h3m2p5-nixpkgs/lib/a.nix:1:2', 'lib/a.nix', 'nixpkgs'],
  ])
})

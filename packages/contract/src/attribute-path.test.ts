import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { parseAttributePath, showAttributePath } from './attribute-path.ts'

const shown: [path: string[], text: string][] = [
  [[], ''],
  [['a'], 'a'],
  [['packages', 'x86_64-linux', 'hello'], 'packages.x86_64-linux.hello'],
  [["a'", '_b', 'C-9'], "a'._b.C-9"],
  [['a', 'b.c', 'd"e'], 'a."b.c"."d\\"e"'],
  [['d\\e'], '"d\\\\e"'],
  [['9'], '"9"'],
  [['-a'], '"-a"'],
  [[''], '""'],
  [['', ''], '"".""'],
  [['a b', 'ü', '\n'], '"a b"."ü"."\n"'],
]

test('5.2.1 10.23 names that are not bare stand in quotes', () => {
  for (const [path, text] of shown) assert.equal(showAttributePath(path), text)
})

test('5.2.1 10.23 the text is read back', () => {
  for (const [path, text] of shown) assert.deepEqual(parseAttributePath(text), path)
})

test('5.2.1 quotes may stand anywhere in an element', () => {
  assert.deepEqual(parseAttributePath('a"b.c"d.e'), ['ab.cd', 'e'])
  assert.deepEqual(parseAttributePath('a.""b'), ['a', 'b'])
  assert.deepEqual(parseAttributePath('a\\b'), ['a\\b'], 'outside of quotes a backslash is itself')
})

test('5.2.1 an open quote and a backslash at the end are refused', () => {
  for (const text of ['"', 'a."b', '"a\\', '"a\\"', 'a"']) assert.equal(parseAttributePath(text), undefined, text)
})

test('5.2.1 10.23 every path comes back from its text', () => {
  const name = fc.oneof(fc.string(), fc.string({ unit: fc.constantFrom('a', '.', '"', '\\', "'", '-', ' ') }))
  fc.assert(
    fc.property(fc.array(name), (path) => {
      // A single empty text is the empty path, so [''] is written with quotes.
      assert.deepEqual(parseAttributePath(showAttributePath(path)), path)
    }),
  )
})

test('5.2.1 every text is read or refused, and what is read is written so that it is read as the same', () => {
  fc.assert(
    fc.property(fc.string({ unit: fc.constantFrom('a', '.', '"', '\\') }), (text) => {
      const path = parseAttributePath(text)
      if (path !== undefined) assert.deepEqual(parseAttributePath(showAttributePath(path)), path)
    }),
  )
})

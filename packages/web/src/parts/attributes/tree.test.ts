import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { makeAttribute } from '../../../fake/make.ts'
import { keyOfPath, sharedPrefix, treeLines } from './tree.ts'

const drawn = (...args: Parameters<typeof treeLines>) =>
  treeLines(...args).map(
    (it) => `${'  '.repeat(it.depth)}${it.label.join('.')}${it.kind === 'set' ? ` (${it.count})` : ''}`,
  )

const rows = [
  makeAttribute(['checks', 'x86_64-linux', 'fmt']),
  makeAttribute(['packages', 'aarch64-linux', 'a'], { state: 'Waiting' }),
  makeAttribute(['packages', 'x86_64-linux', 'a'], { state: 'Failed' }),
  makeAttribute(['packages', 'x86_64-linux', 'b']),
]

test('sets are drawn once, and those with one set inside together with it', () => {
  assert.deepEqual(drawn(rows, new Set()), [
    'checks.x86_64-linux (1)',
    '  fmt',
    'packages (3)',
    '  aarch64-linux (1)',
    '    a',
    '  x86_64-linux (2)',
    '    a',
    '    b',
  ])
})

test('a closed set hides what it has and tells the worst of it', () => {
  const lines = treeLines(rows, new Set([keyOfPath(['packages'])]))
  assert.deepEqual(
    lines.map((it) => it.label.join('.')),
    ['checks.x86_64-linux', 'fmt', 'packages'],
  )
  assert.deepEqual(lines.at(-1), {
    kind: 'set',
    key: '["packages"]',
    depth: 0,
    label: ['packages'],
    count: 3,
    state: 'failed',
    open: false,
  })
})

test('an attribute at the root, and a name with dots, stay what they are', () => {
  assert.deepEqual(drawn([makeAttribute(['a.b']), makeAttribute(['a', 'b'])], new Set()), ['a (1)', '  b', 'a.b'])
  assert.deepEqual(drawn([makeAttribute([])], new Set()), [''])
})

test('each attribute is drawn once, whatever the paths', () => {
  const paths = fc.uniqueArray(fc.array(fc.constantFrom('a', 'b', 'c'), { minLength: 1, maxLength: 4 }), {
    selector: keyOfPath,
    maxLength: 40,
  })
  fc.assert(
    fc.property(paths, (given) => {
      const lines = treeLines(
        given.map((path) => makeAttribute(path)),
        new Set(),
      )
      const found = lines.flatMap((it) => (it.kind === 'attribute' ? [keyOfPath(it.row.path)] : []))
      assert.deepEqual(found.toSorted(), given.map(keyOfPath).toSorted())
      assert.equal(new Set(lines.map((it) => it.key)).size, lines.length)
    }),
  )
})

test('the last name of a path is never shared with the row before', () => {
  assert.equal(sharedPrefix(['p', 'x', 'a'], ['p', 'x', 'b']), 2)
  assert.equal(sharedPrefix(['p', 'x'], ['p', 'x', 'y']), 2)
  assert.equal(sharedPrefix(['p', 'x'], ['p', 'x']), 1)
  assert.equal(sharedPrefix(undefined, ['p']), 0)
})

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { holdBack } from './held.ts'

const self = (it: string) => it

test('what comes before the first known item waits', () => {
  const { shown, held } = holdBack(['d', 'c', 'b', 'a'], new Set(['b', 'a']), self)
  assert.deepEqual(
    [shown, held],
    [
      ['b', 'a'],
      ['d', 'c'],
    ],
  )
})

test('an older page that is loaded later shows at once', () => {
  assert.deepEqual(holdBack(['b', 'a', 'older'], new Set(['b', 'a']), self).shown, ['b', 'a', 'older'])
})

test('an empty list shows its first items at once', () => {
  assert.deepEqual(holdBack(['a'], new Set(), self), { shown: ['a'], held: [] })
})

import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { parseLineRange, showLineRange } from './line-range.ts'

test('ranges survive the address', () => {
  fc.assert(
    fc.property(fc.nat(1e8), fc.nat(1e6), (first, more) => {
      const range = { first, last: first + more }
      assert.deepEqual(parseLineRange(showLineRange(range)), range)
    }),
  )
})

test('turned ranges are turned back, and what is no range is none', () => {
  assert.deepEqual(parseLineRange('L20-L10'), { first: 9, last: 19 })
  for (const text of ['', '#', '#L0', '#Lx', '#L1-', '#L1-L2-L3', '#L99999999999'])
    assert.equal(parseLineRange(text), undefined)
})

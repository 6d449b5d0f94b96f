import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { headCount, type LogBound, leftOutSentence, piecesPastBound } from './bound.ts'

const bound: LogBound = { lines: 10, chars: 100 }
const lines = (...lengths: number[]) => lengths.map((length) => ({ t: 'x'.repeat(length) }))

test('the beginning takes half of the lines and half of the text, and nothing once the end has begun', () => {
  const fresh = { lines: 0, chars: 0, cutFrom: null }
  assert.equal(headCount(fresh, lines(1, 1, 1), bound), 3)
  assert.equal(headCount(fresh, lines(1, 1, 1, 1, 1, 1, 1), bound), 5)
  assert.equal(headCount(fresh, lines(20, 20, 20, 20), bound), 2)
  assert.equal(headCount({ lines: 4, chars: 4, cutFrom: null }, lines(1, 1), bound), 1)
  assert.equal(headCount({ lines: 4, chars: 4, cutFrom: 4 }, lines(1), bound), 0)
})

test('the oldest pieces of the end go, the newest never', () => {
  const piece = (count: number, chars = 1) => ({ lines: count, chars })
  assert.equal(piecesPastBound([piece(2), piece(3)], bound), 0)
  assert.equal(piecesPastBound([piece(1), piece(2), piece(3)], bound), 1)
  assert.equal(piecesPastBound([piece(1, 30), piece(1, 30), piece(1, 10)], bound), 1)
  assert.equal(piecesPastBound([piece(1), piece(500, 9000)], bound), 1)
  assert.equal(piecesPastBound([], bound), 0)
})

test('what is kept of the end is within its half, but for one piece', () => {
  const pieces = fc.array(fc.record({ lines: fc.nat(8), chars: fc.nat(80) }))
  fc.assert(
    fc.property(pieces, (end) => {
      const kept = end.slice(piecesPastBound(end, bound))
      const sum = (of: 'lines' | 'chars') => kept.reduce((all, piece) => all + piece[of], 0)
      assert.ok(kept.length <= 1 || (sum('lines') <= 5 && sum('chars') <= 50))
      assert.equal(kept.length === 0, end.length === 0)
    }),
  )
})

test('what is left out is told with its size', () => {
  assert.equal(
    leftOutSentence({ lines: 1_234_567, chars: 98_765_432 }),
    'Firn left out 1,234,567 lines (94 MiB) here: of a log this long it keeps the beginning and the end.',
  )
})

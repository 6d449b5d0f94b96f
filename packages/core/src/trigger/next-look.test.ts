import assert from 'node:assert/strict'
import { test } from 'node:test'
import { nextLookMs } from './next-look.ts'

test('a look comes after the interval, after failures later and later, at most an hour', () => {
  const waits = [0, 1, 2, 10, 1000].map((failures) => nextLookMs({ everyMs: 60_000, failures }))
  assert.deepEqual(waits, [60_000, 120_000, 240_000, 3_600_000, 3_600_000])
  assert.equal(nextLookMs({ everyMs: 86_400_000, failures: 3 }), 86_400_000)
})

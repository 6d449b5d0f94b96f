import assert from 'node:assert/strict'
import { test } from 'node:test'
import { decideRetry } from './retry.ts'

test('4.13.6 lost work is done again at once, twice', () => {
  for (const tries of [0, 1]) assert.deepEqual(decideRetry('lost', tries, 'x'), { again: true, afterMs: 0 })
})

test('broken work is done again after pauses that grow', () => {
  assert.deepEqual(decideRetry('broken', 0, 'x'), { again: true, afterMs: 2000 })
  assert.deepEqual(decideRetry('broken', 1, 'x'), { again: true, afterMs: 10_000 })
})

test('the third time in a row is the last, and says why', () => {
  assert.deepEqual(decideRetry('lost', 2, 'Agent b has not been heard of for 60 s.'), {
    again: false,
    because:
      'Gave up: 3 agents in a row were lost while they worked on it. The last: Agent b has not been heard of for 60 s.',
  })
  assert.deepEqual(decideRetry('broken', 2, 'disk full'), {
    again: false,
    because: 'Gave up after 3 tries. The last: disk full',
  })
  for (const tries of [3, 100]) assert.equal(decideRetry('broken', tries, 'x').again, false)
})

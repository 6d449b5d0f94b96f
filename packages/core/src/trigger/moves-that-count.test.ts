import assert from 'node:assert/strict'
import { test } from 'node:test'
import { movesThatCount } from './moves-that-count.ts'

const moves = ['refs/heads/main', 'refs/heads/old', 'refs/tags/v1'].map((ref, i) => ({ ref, rev: String(i) }))

test('at first sight only the default branch counts, later every branch and tag', () => {
  const counted = (isFirstSight: boolean, defaultBranch: string | null) =>
    movesThatCount(moves, { isFirstSight, defaultBranch }).map((move) => move.ref)
  assert.deepEqual(counted(true, 'main'), ['refs/heads/main'])
  assert.deepEqual(counted(true, null), [])
  assert.deepEqual(
    counted(false, 'main'),
    moves.map((move) => move.ref),
  )
})

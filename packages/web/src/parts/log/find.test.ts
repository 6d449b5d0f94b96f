import assert from 'node:assert/strict'
import { test } from 'node:test'
import { lastErrorLike, nextMatch } from './find.ts'

const log = (...texts: string[]) => texts.map((t, i) => ({ i, t }))

test('the last line that looks like an error, past harmless ones', () => {
  assert.equal(
    lastErrorLike(log('ok', '\x1b[31merror:\x1b[0m no', 'make: *** [all] Error 1', 'note: 0 errors', 'bye')),
    2,
  )
  assert.equal(lastErrorLike(log('cc -Werror a.c', 'tests finished without errors')), undefined)
  assert.equal(lastErrorLike(log('FAILED tests/a.py::b', 'For full logs, run:')), 0)
})

test('what Nix repeats below a failed build is not the place', () => {
  const nix = [
    "builder for '/nix/store/x.drv' failed with exit code 3;",
    'last 1 log lines:',
    '> error: fuse',
    'For full logs, run',
  ]
  assert.equal(lastErrorLike(log('error: fuse', ...nix)), 0)
  assert.equal(lastErrorLike(log('quiet', ...nix)), 1)
})

test('matches go round in both directions', () => {
  assert.equal(nextMatch([3, 7], 3, 1), 7)
  assert.equal(nextMatch([3, 7], 7, 1), 3)
  assert.equal(nextMatch([3, 7], 3, -1), 7)
  assert.equal(nextMatch([], 0, 1), undefined)
})

import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { BuildStatus } from '@firn/nix/daemon/client'
import type { StoreSettings } from '@firn/nix/daemon/options-message'
import { readFailure } from './read-failure.ts'

const path = '/nix/store/ffddd4pcs2cshvngwcfpzbdrbij4vbv2-hello'
const read = (status: BuildStatus, errorText: string, settings?: StoreSettings) =>
  readFailure({ drvPath: `${path}.drv`, status, errorText, startTime: 0, stopTime: 0, outputs: {} }, settings)

test('the words of Nix 2.34', () => {
  const text = `error: Cannot build '${path}.drv'.\n       Reason: builder failed with exit code 3.\n       Last 1 log lines:\n       > builder failed with exit code 7`
  assert.deepEqual(read('PermanentFailure', text), { how: 'exited', code: 3 })
})

test('4.10.4 Nix 2.34 says of silence what it says of time: the limits tell', () => {
  const text = 'error: timed out after 7 seconds'
  const kind = (limits: Record<string, string>) => read('TimedOut', text, limits)?.how
  assert.equal(kind({ 'max-silent-time': '7' }), 'silent')
  assert.equal(kind({ 'max-silent-time': '7', timeout: '9' }), 'silent')
  assert.equal(kind({ 'max-silent-time': '5', timeout: '7' }), 'timed-out')
  assert.equal(kind({ 'max-silent-time': '7', timeout: '7' }), 'timed-out')
  assert.equal(kind({}), 'timed-out')
})

test('colours do not matter', () => {
  const text = `\u001b[0mderivation '\u001b[35;1m${path}.drv\u001b[0m' may not be deterministic: output '\u001b[35;1m${path}\u001b[0m' differs`
  assert.deepEqual(read('NotDeterministic', text), { how: 'not-deterministic', output: path })
})

test('a closure may be too large as well as a path', () => {
  const size = 'is too large at 101 bytes; limit is 100 bytes'
  const failure = { how: 'output-too-large', path, bytes: 101, limitBytes: 100 }
  assert.deepEqual(read('OutputRejected', `path '${path}' ${size}`), { ...failure, closure: false })
  assert.deepEqual(read('OutputRejected', `closure of path '${path}' ${size}`), { ...failure, closure: true })
})

test('what a builder printed is not believed', () => {
  const text = `builder for '${path}.drv' failed with exit code 1;\nlast 1 log lines:\n> failed due to signal 9\n> hash mismatch specified: a got: b`
  assert.deepEqual(read('PermanentFailure', text), { how: 'exited', code: 1 })
  assert.equal(read('PermanentFailure', '> failed with exit code 1'), undefined)
})

test('words that are not known are no failure that is known', () => {
  for (const status of [
    'PermanentFailure',
    'TimedOut',
    'LogLimitExceeded',
    'NotDeterministic',
    'HashMismatch',
  ] as const)
    assert.equal(read(status, 'something else'), undefined)
  assert.deepEqual(read('OutputRejected', 'it may not'), { how: 'rejected', reason: 'it may not' })
})

test('a refusal of any length is told in part', () => {
  const failure = read('OutputRejected', 'x'.repeat(100_000))
  assert.equal(failure?.how === 'rejected' && failure.reason.length, 2000)
})

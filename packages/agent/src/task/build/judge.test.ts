import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { BuildResult, BuildStatus } from '@firn/nix/daemon/client'
import { judgeBuild } from './judge.ts'

const result = (status: BuildStatus, errorText = ''): BuildResult => ({
  drvPath: '/nix/store/x.drv',
  status,
  errorText,
  startTime: 0,
  stopTime: 0,
  outputs: {},
})

const table: [BuildStatus, 'built' | 'failed' | 'broken'][] = [
  ['Built', 'built'],
  ['Substituted', 'built'],
  ['AlreadyValid', 'built'],
  ['ResolvesToAlreadyValid', 'built'],
  ['PermanentFailure', 'failed'],
  ['TransientFailure', 'failed'],
  ['InputRejected', 'failed'],
  ['OutputRejected', 'failed'],
  ['CachedFailure', 'failed'],
  ['TimedOut', 'failed'],
  ['LogLimitExceeded', 'failed'],
  ['NotDeterministic', 'failed'],
  ['HashMismatch', 'failed'],
  ['MiscFailure', 'broken'],
  ['DependencyFailed', 'broken'],
  ['NoSubstituters', 'broken'],
]
for (const [status, is] of table) {
  test(`4.7.3, 4.7.4 ${status} is ${is}`, () => assert.equal(judgeBuild(result(status)).is, is))
}

test("a full disk is never the user's matter", () => {
  const texts = [
    'note: build failure may have been caused by lack of free disk space',
    'cannot write: No space left on device',
  ]
  for (const text of texts) assert.equal(judgeBuild(result('PermanentFailure', text)).is, 'broken')
})

test("a derivation for another machine is not the user's matter", () => {
  const text = "Cannot build '/nix/store/x.drv'.\nReason: platform mismatch\nRequired system: 'riscv64-plan9'"
  assert.equal(judgeBuild(result('InputRejected', text)).is, 'broken')
})

test('what the builder printed does not count', () => {
  const text =
    "builder for 'x.drv' failed with exit code 1;\n       last 2 log lines:\n       > No space left on device"
  assert.equal(judgeBuild(result('PermanentFailure', text)).is, 'failed')
})

test('there is always a reason', () => {
  assert.deepEqual(judgeBuild(result('TimedOut')), {
    is: 'failed',
    reason: 'the build ended with TimedOut',
    failure: undefined,
  })
})

test('of a dependency that failed is told which', () => {
  const which = "\u001b[31;1merror:\u001b[0m builder for '/nix/store/y-below.drv' failed with exit code 4"
  const verdict = judgeBuild(result('DependencyFailed', '1 dependencies of derivation failed to build'), [which])
  assert.match(verdict.is === 'broken' ? verdict.reason : '', /; builder for '\/nix\/store\/y-below\.drv' failed/)
})

test("a remote builder's own word on a build counts, its trouble does not", () => {
  const said = (text: string) => [`error: build of '/nix/store/x.drv' on 'ssh-ng://machine' failed: ${text}`]
  const misc = result('MiscFailure', "builder for '/nix/store/x.drv' failed with exit code 1")
  const failed = judgeBuild(misc, said("builder for '/nix/store/x.drv' failed with exit code 4;"))
  assert.deepEqual(failed.is === 'failed' && failed.failure, { how: 'exited', code: 4 })
  const slow = judgeBuild(misc, said('/nix/store/x.drv timed out after 7 seconds'))
  assert.deepEqual(slow.is === 'failed' && slow.failure, { how: 'timed-out', seconds: 7 })
  assert.equal(judgeBuild(misc, said('the connection was closed')).is, 'broken')
  assert.equal(judgeBuild(misc).is, 'broken')
})

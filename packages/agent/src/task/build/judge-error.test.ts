import assert from 'node:assert/strict'
import { test } from 'node:test'
import { StoreError, StoreLost } from '@firn/nix/daemon/client'
import { judgeError } from './judge-error.ts'

const drv = '/nix/store/njhfysf4rnvaxx3gac2d7xrspavncnc2-odd.drv'
const out = '/nix/store/rk72mgfp2wmkhpy5apw7v8vhaliwzz40-odd'
const judge = (text: string, { begun = true, traces = [] as string[] } = {}) =>
  judgeError(
    new StoreError(
      text,
      0,
      traces.map((text) => ({ text })),
    ),
    begun,
  )

/** Said by the real Nix in `build-errors.test.ts`, but for these, which leave in the store what Nix cannot remove. */
const brought: [text: string, says: RegExp][] = [
  [
    `opening directory \u001b[35;1m"/tmp/nix-build-odd.drv-0/build/deep/deep"\u001b[0m: File name too long`,
    /path that is longer/,
  ],
  [`getting status of '${drv}.chroot${out}/deep/deep': File name too long`, /path that is longer/],
  [`getting status of '${drv}.chroot/root${out}/d': Permission denied`, /a folder in an output that may not be read/],
  [`getting status of '${out}/d': Permission denied`, /a folder in an output that may not be read/],
]
for (const [text, says] of brought)
  test(`4.7.3 the derivation's own: ${text.slice(0, 50)}`, () => {
    for (const begun of [true, false]) {
      const verdict = judge(text, { begun })
      assert.equal(verdict.is, 'failed')
      assert.match(verdict.reason, says)
    }
  })

const machines = [
  'writing to file: No space left on device',
  `opening lock file '${drv}.lock': Permission denied`,
  `creating directory '${drv}.chroot/dev': Permission denied`,
  `opening file '/nix/store/.links/x': Permission denied`,
  "the group 'nixbld' specified in 'build-users-group' does not exist",
  "all build users are currently in use; consider creating additional users and adding them to the 'nixbld' group",
  `a 'riscv64-linux' with features {} is required to build '${drv}', but I am a 'x86_64-linux' with features {kvm}`,
  `opening directory '/x/has an unsupported type': Input/output error`,
  'interrupted by the user',
  "program '/etc/post-build-hook' failed with exit code 1",
]
for (const text of machines)
  test(`4.7.4 not the derivation's: ${text}`, () => {
    const verdict = judge(text)
    assert.deepEqual(verdict, { is: 'broken', reason: `the Nix store refused: ${text}` })
  })

test('4.7.4 a daemon that is gone is no fault of the derivation, whatever it said', () => {
  const words =
    "/usr/include/c++/14/string_view:297: void std::basic_string_view::remove_prefix(size_type): Assertion 'this->_M_len >= __n' failed.\nAborted"
  for (const lastWords of ['', 'Killed', words]) {
    const verdict = judgeError(new StoreLost('the store daemon closed the connection', { lastWords }), true)
    assert.equal(verdict.is, 'broken')
    assert.ok(verdict.reason.endsWith(lastWords), verdict.reason)
  }
})

test('a reason of any length is told in part', () => {
  const verdict = judge(`file '/${'x'.repeat(5000)}' has an unsupported type`)
  assert.equal(verdict.is === 'failed' && verdict.failure?.how === 'rejected' && verdict.failure.reason.length, 2000)
})

/** Each way in which a build can fail, made to happen with the real Nix; what is published stays `Terminated`. */
import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { after, before, describe, test } from 'node:test'
import type { BuildFailure } from '@firn/contract/agent/build-failure'
import { StorePool } from '@firn/nix/daemon/pool'
import { instantiate, randomSalt, shellDerivation, testNixes } from '../testing/agent-bench.ts'
import { type EvaluationBench, openEvaluationBench } from '../testing/evaluation-bench.ts'
import { runBuild } from './build.ts'

const zeros = `outputHashMode = "flat"; outputHashAlgo = "sha256"; outputHash = "${'0'.repeat(64)}";`
const shellOf = (script: string) => `builder = "/bin/sh"; args = [ "-c" ${JSON.stringify(script)} ];`

for (const nix of await testNixes()) {
  describe(`failures with Nix ${nix.version.text}`, () => {
    let bench: EvaluationBench
    before(async () => {
      bench = await openEvaluationBench(nix)
    })
    after(() => bench[Symbol.asyncDispose]())

    async function fail(expression: string, settings: Record<string, string> = {}) {
      const [derivationPath = ''] = instantiate({ nix, environment: bench.tools.environment }, expression)
      await using pool = new StorePool(bench.tools.store, {
        min: 1,
        max: 1,
        settings: { 'max-jobs': '1', ...settings },
      })
      const lines: string[] = []
      const status = await runBuild(
        {
          pool,
          log: async (entry) => void (entry.tag === 'Msg' && lines.push(entry.msg)),
          emit: async (events) => {
            assert.deepEqual(events, [{ tag: 'Done', contents: false }])
            return { ok: true }
          },
          signal: new AbortController().signal,
        },
        { derivationPath, inputDerivationOutputPaths: [] },
      )
      assert.equal(status.tag, 'Terminated', JSON.stringify(status))
      const failure = status.tag === 'Terminated' ? status.firn?.failure : undefined
      return { failure, log: lines.join('\n') }
    }

    const named = (word: string, script: string, more = '') => shellDerivation(`${word}-${randomSalt()}`, script, more)

    const table: [what: string, expression: string, settings: Record<string, string>, failure: BuildFailure][] = [
      ['4.10.4 an exit code', named('exit', 'exit 3'), {}, { how: 'exited', code: 3 }],
      ['4.10.4 a signal', named('kill', 'kill -9 $$'), { sandbox: 'false' }, { how: 'signalled', signal: 9 }],
      ['4.10.4 a timeout', named('slow', 'sleep 1000'), { timeout: '1' }, { how: 'timed-out', seconds: 1 }],
      ['4.10.4 silence', named('mute', 'sleep 1000'), { 'max-silent-time': '1' }, { how: 'silent', seconds: 1 }],
      [
        'a log without end',
        named('chatter', 'while :; do echo so and so on; done'),
        { 'max-build-log-size': '100000' },
        { how: 'log-too-large', limitBytes: 100_000 },
      ],
      ['a missing output', named('nothing', 'true'), {}, { how: 'no-output', output: 'out' }],
      [
        'a wrong hash, with both hashes',
        named('fixed', 'echo wrong > $out', zeros),
        {},
        {
          how: 'hash-mismatch',
          wanted: `sha256-${'A'.repeat(43)}=`,
          got: `sha256-${createHash('sha256').update('wrong\n').digest('base64')}`,
        },
      ],
    ]
    for (const [what, expression, settings, failure] of table)
      test(what, async () => assert.deepEqual((await fail(expression, settings)).failure, failure))

    test('an output that is larger than the derivation allows', async () => {
      const script = `out=$(sed -n 's/.*"out":"\\([^"]*\\)".*/\\1/p' .attrs.json); echo 0123456789 > $out`
      const checks = '__structuredAttrs = true; outputs = [ "out" ]; outputChecks.out.maxSize = 10;'
      const { failure } = await fail(
        `derivation { name = "large-${randomSalt()}"; system = builtins.currentSystem; ${shellOf(script)} ${checks} }`,
      )
      assert.ok(failure?.how === 'output-too-large', JSON.stringify(failure))
      assert.deepEqual([failure.closure, failure.limitBytes, failure.bytes > 10], [false, 10, true])
    })

    test('an output that refers to what it may not', async () => {
      const other = `(builtins.toFile "other-${randomSalt()}" "x")`
      const { failure } = await fail(
        named('refers', 'echo $other > $out', `other = ${other}; allowedReferences = [ ];`),
      )
      assert.match(failure?.how === 'rejected' ? failure.reason : '', /is not allowed to refer to the following paths/)
    })

    // Later versions compare two builds only when they are asked to build again what is there.
    const hasRepeat = nix.version.major === 2 && nix.version.minor < 14
    test('an output that comes out differently', { skip: hasRepeat ? false : 'no setting `repeat`' }, async () => {
      const script = 'read line < /proc/sys/kernel/random/uuid; echo $line > $out'
      const { failure, log } = await fail(named('random', script), { repeat: '1', 'enforce-determinism': 'true' })
      assert.equal(failure?.how, 'not-deterministic', log)
    })
  })
}

import assert from 'node:assert/strict'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import type { EvaluateEvent } from '@firn/contract/agent/evaluate-event'
import type { Limits } from '@firn/nix/evaluator/limits'
import { randomSalt, testNixes } from '../../testing/agent-bench.ts'
import { type EvaluationBench, evaluateSource, openEvaluationBench } from '../../testing/evaluation-bench.ts'

const many = (value: string) =>
  `builtins.listToAttrs (builtins.genList (i: { name = "a" + toString i; value = ${value}; }) 600)`

/** Minutes of work without deep recursion. */
const endless =
  "(let sum = n: f: builtins.foldl' (a: b: a + b) 0 (builtins.genList f n); in sum 100000 (i: sum 100000 (j: j)))"

function counted(events: EvaluateEvent[]): EvaluateEvent[] {
  return events.filter(({ tag }) => tag !== 'DerivationInfo' && tag !== 'BuildRequest')
}

for (const nix of await testNixes()) {
  describe(`limits of an evaluation with Nix ${nix.version.text}`, () => {
    let bench: EvaluationBench
    before(async () => {
      bench = await openEvaluationBench(nix)
    })
    after(() => bench[Symbol.asyncDispose]())

    async function evaluate(ci: string, limits: Partial<Limits> = {}) {
      const checkout = join(bench.folder, randomSalt())
      await mkdir(checkout)
      await writeFile(join(checkout, 'ci.nix'), ci)
      return await evaluateSource({ ...bench.tools, limits, findingsMax: 500 }, checkout)
    }

    for (const [what, value] of [
      ['attributes', 'derivation { name = "x"; system = "x86_64-linux"; builder = "/bin/sh"; }'],
      ['errors', 'throw "no"'],
    ] as const) {
      test(`1.9.4, 1.9.5, 10.22 too many ${what}`, async () => {
        const { status, events } = await evaluate(many(value))
        assert.deepEqual(status, { tag: 'Exceptional', contents: 'Evaluation limit reached.' })
        assert.equal(counted(events).length, 501)
        const last = events.at(-1)
        assert.ok(last?.tag === 'Message')
        assert.match(
          last.contents.message,
          /^Evaluation limit reached\. Does your nix expression produce infinite attributes\? .*500/,
        )
      })
    }

    test('an attribute that takes too long is its own error', async () => {
      const { status, events } = await evaluate(`{ a = ${endless}; b = throw "b"; }`, { attributeMs: 300 })
      assert.equal(status.tag, 'Successful')
      const errors = events.flatMap((event) =>
        event.tag === 'AttributeError' ? [[event.contents.expressionPath[0], event.contents.errorType]] : [],
      )
      assert.deepEqual(errors.sort(), [
        ['a', 'TimeLimit'],
        ['b', undefined],
      ])
    })

    test('an evaluation that takes too long fails with a message', async () => {
      const { status, events } = await evaluate(`{ a = ${endless}; }`, { evaluationMs: 300 })
      assert.equal(status.tag, 'Terminated')
      assert.equal(events.at(-1)?.tag, 'Message', JSON.stringify(events))
    })
  })
}

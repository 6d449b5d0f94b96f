import assert from 'node:assert/strict'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import type { EvaluateEvent } from '@firn/contract/agent/evaluate-event'
import { EvaluationSettings } from '@firn/contract/files/agent-config'
import type { z } from 'zod'
import { randomSalt, testNixes } from '../../testing/agent-bench.ts'
import { type EvaluationBench, evaluateSource, openEvaluationBench } from '../../testing/evaluation-bench.ts'
import { boundsOf } from './limits.ts'

const many = (value: string) =>
  `builtins.listToAttrs (builtins.genList (i: { name = "a" + toString i; value = ${value}; }) 600)`

/** Minutes of work without deep recursion. */
const endless =
  "(let sum = n: f: builtins.foldl' (a: b: a + b) 0 (builtins.genList f n); in sum 100000 (i: sum 100000 (j: j)))"

const bomb = '(let g = n: builtins.genList (i: i + n) 1000000; in builtins.deepSeq (builtins.genList g 1000) 1)'
const long = '(builtins.foldl\' (a: i: a + a) "0123456789" (builtins.genList (i: i) 18))'
const large = `(builtins.toFile "${randomSalt()}" (toString builtins.currentTime + ${long}))`

type Settings = z.input<typeof EvaluationSettings>

const ofAttributes: [what: string, value: string, settings: Settings, said: string, setting: string][] = [
  [
    'one that takes long',
    endless,
    { attributeSeconds: 0.3 },
    'evaluating this attribute took longer than 0.3 s',
    'attributeSeconds',
  ],
  [
    'one that needs much memory',
    bomb,
    { evaluatorMegabytes: 300 },
    'evaluating this attribute took more than 300 MB of memory',
    'evaluatorMegabytes',
  ],
  [
    'one that says much',
    `builtins.trace ${long} 1`,
    { messageMegabytes: 1 },
    'evaluating this attribute printed a message of more than 1 MB',
    'messageMegabytes',
  ],
]

const ofEvaluations: [value: string, settings: Settings, said: string, setting: string][] = [
  [endless, { evaluationSeconds: 0.3 }, 'the evaluation took longer than 0.3 s', 'evaluationSeconds'],
  [large, { storeMegabytes: 1 }, 'the evaluation wrote more than 1 MB to the store', 'storeMegabytes'],
]

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

    async function evaluate(ci: string, settings: z.input<typeof EvaluationSettings>) {
      const checkout = join(bench.folder, randomSalt())
      await mkdir(checkout)
      await writeFile(join(checkout, 'ci.nix'), ci)
      return await evaluateSource({ ...bench.tools, ...boundsOf(EvaluationSettings.parse(settings)) }, checkout)
    }

    for (const [what, value] of [
      ['attributes', 'derivation { name = "x"; system = "x86_64-linux"; builder = "/bin/sh"; }'],
      ['errors', 'throw "no"'],
    ] as const) {
      test(`1.9.4, 1.9.5, 10.22 too many ${what}`, async () => {
        const { status, events } = await evaluate(many(value), { attributesMax: 500 })
        assert.deepEqual(status, { tag: 'Exceptional', contents: 'Evaluation limit reached.' })
        assert.equal(counted(events).length, 501)
        const last = events.at(-1)
        assert.ok(last?.tag === 'Message')
        assert.match(
          last.contents.message,
          /^Evaluation limit reached\. Does your nix expression produce infinite attributes\? .*500 [\s\S]*evaluation\.attributesMax in the agent's agent\.toml/,
        )
      })
    }

    for (const [what, value, settings, said, setting] of ofAttributes) {
      test(`beyond ${setting}: ${what} is the error of its attribute`, async () => {
        const { status, events } = await evaluate(`{ a = ${value}; b = throw "b"; }`, settings)
        assert.equal(status.tag, 'Successful')
        const errors = events.flatMap((event) => (event.tag === 'AttributeError' ? [event.contents] : []))
        const limited = errors.find(({ expressionPath }) => expressionPath[0] === 'a')
        assert.deepEqual(errors.map(({ expressionPath }) => expressionPath[0]).sort(), ['a', 'b'])
        assert.equal(limited?.errorMessage, `${said}\nThe limit is evaluation.${setting} in the agent's agent.toml.`)
      })
    }

    for (const [value, settings, said, setting] of ofEvaluations) {
      test(`beyond ${setting} the evaluation fails with a message`, async () => {
        const { status, events } = await evaluate(`{ a = ${value}; }`, settings)
        assert.equal(status.tag, 'Terminated')
        const last = events.at(-1)
        assert.ok(last?.tag === 'Message', JSON.stringify(events))
        assert.equal(last.contents.message, `${said}\nThe limit is evaluation.${setting} in the agent's agent.toml.`)
      })
    }

    for (const [what, ci] of [
      ['a configuration', `{ herculesCI = { ... }: { onPush = builtins.seq ${endless} { }; }; }`],
      ['what kind of file it is', `builtins.seq ${endless} { }`],
    ] as const) {
      test(`beyond evaluationSeconds while ${what} is read, the evaluation fails with a message`, async () => {
        const { status, events } = await evaluate(ci, { evaluationSeconds: 0.5 })
        assert.equal(status.tag, 'Terminated')
        assert.deepEqual(
          events.filter(({ tag }) => tag === 'AttributeError'),
          [],
        )
        const last = events.at(-1)
        assert.match(last?.tag === 'Message' ? last.contents.message : '', /the evaluation took longer than 0\.5 s/)
      })
    }

    test('a machine on which no evaluator starts is not the repository’s error', async () => {
      const folder = join(bench.folder, randomSalt())
      await mkdir(folder)
      await writeFile(
        join(folder, 'bwrap'),
        '#!/bin/sh\necho "No permissions to create a new namespace" >&2\nexit 1\n',
        {
          mode: 0o755,
        },
      )
      await writeFile(join(folder, 'ci.nix'), '{ }')
      const { environment } = bench.tools
      const tools = { ...bench.tools, environment: { ...environment, PATH: `${folder}:${environment.PATH}` } }
      const { status, events } = await evaluateSource(tools, folder)
      assert.match(JSON.stringify(status), /Exceptional.*the evaluation could not go on: .*No permissions to create/)
      assert.deepEqual(events, [])
    })
  })
}

test('the settings of agent.toml are the limits, in their units', () => {
  const settings = EvaluationSettings.parse({ attributeSeconds: 1.5, evaluatorMegabytes: 100, scratchMegabytes: 2 })
  const { limits, findingsMax, scratchBytes } = boundsOf(settings)
  assert.deepEqual([limits.attributeMs, findingsMax, scratchBytes], [1500, 50_000, 2 * 1024 ** 2])
  assert.deepEqual([limits.workerBytes, limits.totalBytes], [100 * 1024 ** 2, 200 * 1024 ** 2])
})

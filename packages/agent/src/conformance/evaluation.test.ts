/** Statements about evaluation (hercules-ci.md 1) that need more than a fixture's comparison of events. */
import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import type { EvaluateEvent } from '@firn/contract/agent/evaluate-event'
import { StorePool } from '@firn/nix/daemon/pool'
import { buildImportsHere } from '../task/evaluate/build-imports-here.ts'
import { randomSalt, testNixes } from '../testing/agent-bench.ts'
import { type EvaluationBench, evaluateSource, openEvaluationBench } from '../testing/evaluation-bench.ts'

/** Lists upon lists, in little time. */
const bomb =
  'let grow = n: builtins.genList (i: i + n) 1000000; in builtins.length (builtins.concatMap grow (builtins.genList (i: i) 1000))'

function errorsOf(events: EvaluateEvent[]) {
  return events.flatMap((event) => (event.tag === 'AttributeError' ? [event.contents] : []))
}

function attributesOf(events: EvaluateEvent[]): string[] {
  return events.flatMap((event) => (event.tag === 'Attribute' ? [event.contents.expressionPath.join('.')] : []))
}

for (const nix of await testNixes()) {
  describe(`statements about evaluation with Nix ${nix.version.text}`, () => {
    let bench: EvaluationBench
    before(async () => {
      bench = await openEvaluationBench(nix)
    })
    after(() => bench[Symbol.asyncDispose]())

    async function checkout(ci: string): Promise<string> {
      const folder = join(bench.folder, randomSalt())
      await mkdir(folder)
      await writeFile(join(folder, 'ci.nix'), ci)
      return folder
    }

    test('1.9.2 an error keeps the colours of Nix, and its trace where a trace costs little', async () => {
      const ci = 'let inner = x: x + { }; outer = x: inner x; in { a = outer 2; }'
      const { events } = await evaluateSource(bench.tools, await checkout(ci))
      const [error] = errorsOf(events)
      assert.match(error?.errorMessage ?? '', /cannot add \x1b\[\d+(;\d+)*ma set\x1b\[0m/)
      const trace = error?.trace?.replace(/\x1b\[[0-9;]*m/g, '')
      if (!nix.features.cheapTraces) return assert.equal(trace, undefined)
      assert.match(trace ?? '', /while calling 'outer'[\s\S]*while calling 'inner'/)
      assert.match(trace ?? '', /at \.\/ci\.nix:1:/)
    })

    test('1.9.7, 1.9.8 an evaluator that dies costs the attribute that killed it, not the task', async () => {
      const drv = (name: string) => `derivation { name = "${name}"; system = "x86_64-linux"; builder = "/bin/sh"; }`
      const tools = { ...bench.tools, limits: { workerBytes: 300 * 1024 ** 2 } }
      const deep = 'let deep = n: 1 + deep (n + 1); in deep 0'
      const { status, events } = await evaluateSource(
        tools,
        await checkout(`{ a = ${drv('a')}; bomb = ${bomb}; deep = ${deep}; z = ${drv('z')}; }`),
      )
      assert.equal(status.tag, 'Successful')
      assert.deepEqual(
        errorsOf(events)
          .map(({ expressionPath, errorType }) => [expressionPath.join('.'), errorType])
          .sort(),
        [
          ['bomb', 'MemoryLimit'],
          ['deep', 'StackOverflowError'],
        ],
      )
      assert.deepEqual(attributesOf(events).sort(), ['a', 'z'])
    })

    test('1.13.1, 1.13.2b the evaluator builds nothing: a build is asked for, and nobody else makes it', async () => {
      const salt = randomSalt()
      const made = (name: string) =>
        `(derivation { name = "${name}-${salt}.nix"; system = builtins.currentSystem; builder = "/bin/sh"; args = [ "-c" "echo 1 > $out" ]; })`
      const ci = `{ imported = import ${made('imported')}; read = builtins.readFile ${made('read')}; path = builtins.pathExists ${made('path')}; }`
      const asked: string[] = []
      const awaitBuild = async (drvPath: string) => {
        asked.push(drvPath)
        return { built: false as const, text: `not built: ${drvPath}` }
      }
      const { events } = await evaluateSource(bench.tools, await checkout(ci), {}, { awaitBuild })
      const infos = events.flatMap((event) => (event.tag === 'DerivationInfo' ? [event.contents] : []))
      assert.deepEqual(asked.sort(), infos.map(({ derivationPath }) => derivationPath).sort())
      assert.ok(asked.length >= 2, 'import and readFile')
      for (const { outputs } of infos) assert.ok(!existsSync(outputs.out?.path ?? ''), 'nothing was built')
      for (const { errorMessage, errorType } of errorsOf(events)) {
        assert.match(errorMessage, /not built/)
        assert.equal(errorType, 'BuildException')
      }
    })

    test('1.13.2 what is in the store already is used at once: nothing is asked for', async () => {
      const salt = randomSalt()
      const folder = await checkout(
        `{ a = import (derivation { name = "there-${salt}.nix"; system = builtins.currentSystem; builder = "/bin/sh"; args = [ "-c" "echo 1 > $out" ]; }); }`,
      )
      await using pool = new StorePool(bench.tools.store, { min: 1, max: 2 })
      const awaitBuild = buildImportsHere(pool, async () => {})
      const asked = (events: EvaluateEvent[]) => events.filter(({ tag }) => tag === 'BuildRequired').length
      const first = await evaluateSource(bench.tools, folder, {}, { awaitBuild })
      assert.deepEqual([asked(first.events), errorsOf(first.events)], [1, []])
      const second = await evaluateSource(bench.tools, folder)
      assert.deepEqual([asked(second.events), errorsOf(second.events)], [0, []])
    })
  })
}

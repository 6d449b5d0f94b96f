import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import type { EvaluateEvent } from '@firn/contract/agent/evaluate-event'
import { StorePool } from '@firn/nix/daemon/pool'
import { evaluateTask, openBench, randomSalt, tarball, testNixes } from '../../testing/agent-bench.ts'
import { type EvaluationBench, evaluateSource, openEvaluationBench } from '../../testing/evaluation-bench.ts'
import { buildImportsHere } from './build-imports-here.ts'

/** `made name text` is a file that a build makes; `drv name` a plain derivation. */
const prelude = (salt: string) => `
let
  drv = name: derivation { name = name + "-${salt}"; system = builtins.currentSystem; builder = "/bin/sh"; };
  made = name: text: derivation { name = name + "-${salt}.nix"; system = builtins.currentSystem; builder = "/bin/sh"; args = [ "-c" "echo '\${text}' > $out" ]; };
  failing = derivation { name = "failing-${salt}"; system = builtins.currentSystem; builder = "/bin/sh"; args = [ "-c" "exit 1" ]; };
  above = derivation { name = "above-${salt}"; system = builtins.currentSystem; builder = "/bin/sh"; inherit failing; args = [ "-c" "echo > $out" ]; };
in `

/** Events in short: names without hash and salt. */
function brief(events: EvaluateEvent[], salt: string): string[] {
  const name = (path: string) =>
    path
      .replace(/^\/nix\/store\/[^-]*-/, '')
      .replace(`-${salt}`, '')
      .replace(/\.drv$/, '')
  return events.flatMap((event) => {
    if (event.tag === 'Attribute') return [`Attribute ${event.contents.expressionPath.join('.')}`]
    if (event.tag === 'AttributeError')
      return [`AttributeError ${event.contents.expressionPath.join('.')} ${event.contents.errorType ?? ''}`.trim()]
    if (event.tag === 'AttributeIFD') {
      const { expressionPath, derivationPath, derivationOutput, done } = event.contents
      return [
        `AttributeIFD ${expressionPath.join('.')} ${name(derivationPath)}!${derivationOutput} ${done ? 'done' : 'waits'}`,
      ]
    }
    if (event.tag === 'BuildRequired')
      return [`BuildRequired ${event.contents.index} ${name(event.contents.derivationPath)}`]
    if (event.tag === 'BuildRequest') return [`BuildRequest ${name(event.contents.derivationPath)}`]
    return []
  })
}

for (const nix of await testNixes()) {
  describe(`import from derivation with Nix ${nix.version.text}`, () => {
    let bench: EvaluationBench
    before(async () => {
      bench = await openEvaluationBench(nix)
    })
    after(() => bench[Symbol.asyncDispose]())

    async function evaluate(ci: string, importFromDerivation = true) {
      const salt = randomSalt()
      const checkout = join(bench.folder, salt)
      await mkdir(checkout)
      await writeFile(join(checkout, 'ci.nix'), prelude(salt) + ci)
      await using pool = new StorePool(bench.tools.store, { min: 1, max: 2 })
      const awaitBuild = buildImportsHere(pool, async () => {})
      const evaluated = await evaluateSource({ ...bench.tools, importFromDerivation }, checkout, {}, { awaitBuild })
      return { ...evaluated, brief: brief(evaluated.events, salt) }
    }

    test('1.13.2, 1.13.5, 10.21 the attribute waits, the others go on, then it is asked again', async () => {
      const { brief, status } = await evaluate('{ a = import (made "value" "x: x") (drv "a"); b = drv "b"; }')
      assert.equal(status.tag, 'Successful')
      assert.deepEqual(
        brief.filter((line) => !line.includes(' b')),
        [
          'BuildRequired 0 value.nix',
          'BuildRequest value.nix',
          'AttributeIFD a value.nix!out waits',
          'AttributeIFD a value.nix!out done',
          'BuildRequest a',
          'Attribute a',
        ],
      )
      assert.ok(brief.indexOf('Attribute b') < brief.indexOf('Attribute a'))
    })

    test('1.13.5 one build for many attributes, and a build behind a build', async () => {
      const { brief } = await evaluate(`let f = import (made "f" "x: x"); in {
        a = f (drv "a");
        b = f (drv "b");
        c = import (made "inner-\${(f (drv "c")).name}" "x: x") (drv "c");
      }`)
      assert.deepEqual(brief.filter((line) => line.startsWith('Attribute ')).sort(), [
        'Attribute a',
        'Attribute b',
        'Attribute c',
      ])
      assert.equal(brief.filter((line) => line.startsWith('BuildRequired')).length, 2)
    })

    test('1.9.1, 1.13.6 a failed build is an error of the attribute, and so is a failed dependency', async () => {
      const { brief, events } = await evaluate(
        '{ direct = import failing; indirect = import above; fine = drv "fine"; }',
      )
      const errors = events.flatMap((event) => (event.tag === 'AttributeError' ? [event.contents] : []))
      assert.deepEqual(brief.filter((line) => /^Attribute(Error)? /.test(line)).sort(), [
        'Attribute fine',
        'AttributeError direct BuildException',
        'AttributeError indirect BuildException',
      ])
      for (const { expressionPath, errorMessage, errorDerivation } of errors) {
        const what = expressionPath[0] === 'direct' ? 'derivation' : 'a dependency of derivation'
        assert.equal(errorMessage, `Could not build ${what} ${errorDerivation}, which is required during evaluation.`)
      }
    })

    test('1.13.5 the root may need a build', async () => {
      const { brief } = await evaluate('import (made "root" "{ a }: { inherit a; }") { a = drv "a"; }')
      assert.equal(brief.at(-1), 'Attribute a')
    })

    test('a project may do without: it is an error then', async () => {
      const { brief, events } = await evaluate('{ a = import (made "value" "x: x") (drv "a"); b = drv "b"; }', false)
      assert.match(JSON.stringify(events), /Import from derivation is switched off for this project\./)
      assert.deepEqual(brief, ['AttributeError a', 'BuildRequest b', 'Attribute b'])
    })
  })
}

test('1.13.2–1.13.4 over the wire: asked until it is built, built again when the output is not there', async () => {
  const [nix] = await testNixes()
  assert.ok(nix)
  await using bench = await openBench(nix)
  const { server } = bench
  const salt = randomSalt()
  const task = evaluateTask(
    server.serve(
      'repo.tar.gz',
      tarball({ 'ci.nix': `${prelude(salt)} { a = import (made "value" "x: x") (drv "a"); }` }),
    ),
  )
  bench.run()
  await server.until(() => server.hellos.length === 1)
  server.say({ tag: 'StartEvaluation', contents: task })
  const requests = () =>
    server.events(task.id).flatMap((event) => (event.tag === 'BuildRequest' ? [event.contents] : []))
  await server.until(() => requests().length === 1)
  const derivationPath = requests()[0]?.derivationPath ?? ''
  server.evalBuilds.set(derivationPath, ['attempt-1', 'Building'])
  server.evalBuilds.set(derivationPath, ['attempt-1', 'BuildSuccess'])
  await server.until(() => requests().length === 2)
  assert.deepEqual(requests()[1], { derivationPath, forceRebuild: true })
  const build = { id: randomUUID(), derivationPath, logToken: randomUUID(), inputDerivationOutputPaths: [] }
  server.say({ tag: 'StartBuild', contents: build })
  assert.equal((await server.status(build.id)).tag, 'Successful')
  server.evalBuilds.set(derivationPath, ['attempt-2', 'BuildSuccess'])
  assert.equal((await server.status(task.id)).tag, 'Successful')
  assert.equal(brief(server.events(task.id), salt).at(-1), 'Attribute a')
})

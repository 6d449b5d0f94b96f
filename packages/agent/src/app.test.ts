import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { describe, test } from 'node:test'
import type { EvaluateEvent } from '@firn/contract/agent/evaluate-event'
import {
  evaluateTask,
  instantiate,
  onPush,
  openBench,
  randomSalt,
  shellDerivation,
  tarball,
  testNixes,
} from './testing/agent-bench.ts'

const tagsOf = (events: EvaluateEvent[]) => events.map(({ tag }) => tag)

for (const nix of await testNixes()) {
  describe(`agent with Nix ${nix.version.text}`, () => {
    test('4.3–4.9 joins, announces a handler, evaluates its outputs and builds them', async () => {
      await using bench = await openBench(nix)
      const { server } = bench
      const name = `greeting-${randomSalt()}`
      const ci = `{ herculesCI = { ref, ... }: { onPush.default.outputs.hello = ${shellDerivation(name, 'echo line one; echo hello > $out')}; }; }`
      const source = server.serve('repo.tar.gz', tarball({ 'ci.nix': ci }))
      bench.run()
      await server.until(() => server.hellos.length === 1)

      const config = evaluateTask(source)
      server.say({ tag: 'StartEvaluation', contents: config })
      assert.deepEqual(await server.status(config.id), { tag: 'Successful', contents: [] })
      assert.deepEqual(tagsOf(server.events(config.id)), ['JobConfig', 'OnPushHandlerEvent'])

      const outputs = evaluateTask(source, onPush('default'))
      server.say({ tag: 'StartEvaluation', contents: outputs })
      assert.deepEqual(await server.status(outputs.id), { tag: 'Successful', contents: [] })
      const events = server.events(outputs.id)
      assert.deepEqual(tagsOf(events), ['DerivationInfo', 'BuildRequest', 'Attribute'])
      const [, request] = events
      assert.ok(request?.tag === 'BuildRequest')

      const build = {
        id: randomUUID(),
        derivationPath: request.contents.derivationPath,
        logToken: randomUUID(),
        inputDerivationOutputPaths: [],
      }
      server.say({ tag: 'StartBuild', contents: build })
      assert.deepEqual(await server.status(build.id), { tag: 'Successful', contents: [] })
      const [output, done] = server.task(build.id).buildEvents
      assert.ok(output?.tag === 'OutputInfo')
      assert.match(output.contents.path, new RegExp(`-${name}$`))
      assert.match(output.contents.hash, /^sha256:[0-9a-z]{52}$/)
      assert.deepEqual(done, { tag: 'Done', contents: true })
      assert.match(server.logText(build.logToken), /^line one$/m)
      assert.equal(server.log(build.logToken).end?.i, server.log(build.logToken).entries.length)
    })

    test('4.7.3 a failing build is Terminated, with its log', async () => {
      await using bench = await openBench(nix)
      const { server } = bench
      const [derivationPath = ''] = instantiate(
        bench,
        shellDerivation(`fails-${randomSalt()}`, 'echo about to fail; exit 3'),
      )
      bench.run()
      await server.until(() => server.hellos.length === 1)
      const build = { id: randomUUID(), derivationPath, logToken: randomUUID(), inputDerivationOutputPaths: [] }
      server.say({ tag: 'StartBuild', contents: build })
      const failure = { how: 'exited', code: 3 }
      assert.deepEqual(await server.status(build.id), { tag: 'Terminated', contents: [], firn: { failure } })
      assert.match(server.logText(build.logToken), /about to fail[\s\S]*failed with exit code 3/)
      assert.equal(server.logText(build.logToken).match(/failed with exit code 3/g)?.length, 1)
    })
  })
}

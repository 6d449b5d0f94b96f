import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { readdirSync } from 'node:fs'
import { describe, test } from 'node:test'
import { setImmediate as nextTurn } from 'node:timers/promises'
import {
  evaluateTask,
  instantiate,
  openBench,
  randomSalt,
  shellDerivation,
  tarball,
  testNixes,
} from './testing/agent-bench.ts'
import { processesWith } from './testing/processes.ts'

for (const nix of await testNixes()) {
  describe(`an agent that is killed, with Nix ${nix.version.text}`, () => {
    test('leaves no builder and no evaluator behind, and the next one cleans up and works', async () => {
      await using bench = await openBench(nix)
      const { server, config } = bench
      const mark = randomSalt()
      const script = new URL('testing/agent-process.ts', import.meta.url).pathname
      const agent = spawn(process.execPath, [script, JSON.stringify(config), nix.binDir], { stdio: 'ignore' })
      await server.until(() => server.hellos.length === 1)

      const [derivationPath = ''] = instantiate(
        bench,
        shellDerivation(`long-${mark}`, `echo begun; sleep 1000 # ${mark}`),
      )
      const build = { id: randomUUID(), derivationPath, logToken: randomUUID(), inputDerivationOutputPaths: [] }
      const loop = `builtins.trace "evaluating" (builtins.foldl' (a: b: a + b) 0 (builtins.genList (i: builtins.foldl' (a: b: a + b) 0 (builtins.genList (j: j) 100000)) 100000))`
      const evaluation = evaluateTask(server.serve('repo.tar.gz', tarball({ 'ci.nix': `{ ${mark} = ${loop}; }` })))
      server.say({ tag: 'StartBuild', contents: build })
      server.say({ tag: 'StartEvaluation', contents: evaluation })
      await server.until(() => server.logText(build.logToken).includes('begun'))
      while (processesWith('arg-src/repo').length === 0) await nextTurn()

      const exited = once(agent, 'exit')
      agent.kill('SIGKILL')
      await exited
      while (processesWith(mark).length > 0 || processesWith(bench.folder).length > 0) await nextTurn()
      assert.notDeepEqual(readdirSync(config.workDirectory), [])

      bench.run()
      await server.until(() => server.hellos.length === 2)
      assert.deepEqual(server.hellos[1]?.tasksInProgress, [])
      assert.equal(readdirSync(config.workDirectory).length, 1)
      const [again = ''] = instantiate(bench, shellDerivation(`quick-${mark}`, 'echo > $out'))
      const quick = { ...build, id: randomUUID(), derivationPath: again, logToken: randomUUID() }
      server.say({ tag: 'StartBuild', contents: quick })
      assert.equal((await server.status(quick.id)).tag, 'Successful')
    })
  })
}

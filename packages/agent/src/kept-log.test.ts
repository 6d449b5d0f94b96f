/** What is left on an agent's machine of the logs of its builds (`[build] keepBuildLog`), with the real Nix. */
import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { basename } from 'node:path'
import { describe, test } from 'node:test'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { readKeptLog } from './task/build/kept-log.ts'
import { type Bench, buildTask, openBench, testNixes } from './testing/agent-bench.ts'

/** Where Nix has the log of a build while it runs, if it is not compressed. */
function plainLog(derivationPath: string): string {
  const name = basename(derivationPath)
  return `/nix/var/log/nix/drvs/${name.slice(0, 2)}/${name.slice(2)}`
}

async function kept({ nix, environment }: Bench, derivationPath: string): Promise<string[]> {
  const { signal } = new AbortController()
  return await Array.fromAsync(readKeptLog({ nix, environment, signal }, derivationPath))
}

for (const nix of await testNixes()) {
  describe(`Nix's own copies of logs, with Nix ${nix.version.text}`, () => {
    async function build(bench: Bench, keepBuildLog?: boolean): Promise<string> {
      bench.config.build = { keepHours: 2, minFreeMegabytes: 0, ...(keepBuildLog !== undefined && { keepBuildLog }) }
      const task = buildTask(bench, 'echo something; echo > $out')
      bench.run()
      await bench.server.until(() => bench.server.hellos.length === 1)
      bench.server.say({ tag: 'StartBuild', contents: task })
      assert.deepEqual(await bench.server.status(task.id), { tag: 'Successful', contents: [] })
      assert.match(bench.server.logText(task.logToken), /^something$/m)
      return task.derivationPath
    }

    test('one goes as soon as the server has the log', async () => {
      await using bench = await openBench(nix)
      const derivationPath = await build(bench)
      while (existsSync(plainLog(derivationPath))) await nextTurn()
      assert.deepEqual(await kept(bench, derivationPath), [])
    })

    test('keepBuildLog = true: it stays, as Nix is configured', async () => {
      await using bench = await openBench(nix)
      const derivationPath = await build(bench, true)
      assert.equal(existsSync(`${plainLog(derivationPath)}.bz2`), true)
      assert.deepEqual(await kept(bench, derivationPath), ['something'])
    })

    test('keepBuildLog = false: there is none', async () => {
      await using bench = await openBench(nix)
      assert.deepEqual(await kept(bench, await build(bench, false)), [])
    })

    test('what the server was not told to the end is there for who does the build again', async () => {
      await using bench = await openBench(nix)
      const task = buildTask(bench, 'echo something; sleep 1000')
      const agent = bench.run()
      await bench.server.until(() => bench.server.hellos.length === 1)
      bench.server.say({ tag: 'StartBuild', contents: task })
      await bench.server.until(() => bench.server.logText(task.logToken).includes('something'))
      await agent.stop()
      assert.equal(existsSync(plainLog(task.derivationPath)), true)
      assert.deepEqual(await kept(bench, task.derivationPath), ['something'])
    })
  })
}

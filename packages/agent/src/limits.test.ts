/** The limits of `[build]`, from the agent's settings to the build's end, with the real Nix. */
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { existsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import type { BuildFailure } from '@firn/contract/agent/build-failure'
import type { BuildSettings } from '@firn/contract/files/agent-config'
import { instantiate, openBench, randomSalt, shellDerivation, testNixes } from './testing/agent-bench.ts'

for (const nix of await testNixes()) {
  describe(`limits of builds with Nix ${nix.version.text}`, () => {
    async function build(
      expression: string,
      more: { limits?: Partial<BuildSettings>; nixConf?: string; input?: string },
    ) {
      await using bench = await openBench(nix)
      bench.config.build = { keepHours: 2, minFreeMegabytes: 0, ...more.limits }
      writeFileSync(join(bench.folder, 'nix.conf'), more.nixConf ?? '', { flag: 'a' })
      const [derivationPath = ''] = instantiate(bench, expression)
      const inputDerivationOutputPaths = more.input === undefined ? [] : [more.input]
      bench.run()
      await bench.server.until(() => bench.server.hellos.length === 1)
      const task = { id: randomUUID(), derivationPath, logToken: randomUUID(), inputDerivationOutputPaths }
      bench.server.say({ tag: 'StartBuild', contents: task })
      const status = await bench.server.status(task.id)
      return { status, log: bench.server.logText(task.logToken) }
    }

    const named = (word: string, script: string, more = '') => shellDerivation(`${word}-${randomSalt()}`, script, more)
    const ended = (failure: BuildFailure) => ({ tag: 'Terminated', contents: [], firn: { failure } })

    test('4.10.4 timeoutSeconds', async () => {
      const { status } = await build(named('slow', 'sleep 1000'), { limits: { timeoutSeconds: 1 } })
      assert.deepEqual(status, ended({ how: 'timed-out', seconds: 1 }))
    })

    test('4.10.4 maxSilentSeconds', async () => {
      const { status } = await build(named('mute', 'sleep 1000'), { limits: { maxSilentSeconds: 1 } })
      assert.deepEqual(status, ended({ how: 'silent', seconds: 1 }))
    })

    test('maxLogMegabytes', async () => {
      const script = 'while :; do echo so and so on; done'
      const { status } = await build(named('chatter', script), { limits: { maxLogMegabytes: 0.5 } })
      assert.deepEqual(status, ended({ how: 'log-too-large', limitBytes: 512 * 1024 }))
    })

    test("4.10.4 without limits of the agent's own Nix's configuration counts", async () => {
      const { status } = await build(named('mute', 'sleep 1000'), { nixConf: 'max-silent-time = 1\n' })
      assert.deepEqual(status, ended({ how: 'silent', seconds: 1 }))
    })

    test('4.10.4 a builder that prints is not silent, however long the limits are', async () => {
      const script = 'while :; do echo so and so on; sleep 0.1; done'
      const nixConf = 'timeout = 1\nmax-silent-time = 1\n'
      assert.deepEqual(
        (await build(named('chatter', script), { nixConf })).status,
        ended({ how: 'timed-out', seconds: 1 }),
      )
    })

    test('4.10.2 an input that is not there is not built within the limits of what needs it', async () => {
      const input = named('input', 'echo > $out')
      const { status, inputPath } = await buildNeeding(input)
      assert.match(JSON.stringify(status), /Exceptional.*is not in the store of this agent/)
      assert.equal(existsSync(inputPath), false)
    })

    async function buildNeeding(input: string) {
      await using bench = await openBench(nix)
      const [drvPath = ''] = instantiate(bench, input)
      const query = [
        join(nix.binDir, 'nix-store'),
        ['--query', '--outputs', drvPath],
        { env: bench.environment },
      ] as const
      const inputPath = execFileSync(...query)
        .toString()
        .trim()
      const needs = named('needs', 'echo > $out', `input = ${input};`)
      return { ...(await build(needs, { limits: { timeoutSeconds: 1 }, input: inputPath })), inputPath }
    }
  })
}

/** Platforms that Nix's own remote builders build (hercules-ci.md 4.1.2 remotePlatformsWithSameFeatures, 4.3.7, 4.10.2). */
import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { chmodSync, existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import type { BuildTask } from '@firn/contract/agent/task'
import { type Bench, instantiate, openBench, randomSalt, testNixes } from './testing/agent-bench.ts'

const platform = 'riscv64-linux'

/** A machine at the far end of `ssh`: its own store below a folder, and said to be of that platform. */
function addRemoteMachine({ nix, folder, environment }: Bench): Record<string, string> {
  const machine = join(folder, 'machine')
  const programs = join(folder, 'bin')
  for (const made of [machine, programs]) mkdirSync(made)
  const settings = `substituters =\nbuild-users-group =\nsandbox = true\nsandbox-paths = /bin/sh=/bin/busybox\nsystem = ${platform}\nstore = ${machine}/root\n`
  writeFileSync(join(machine, 'nix.conf'), settings)
  const ssh = [
    '#!/bin/sh',
    // There is no connection to share.
    'case "$*" in *"-O check"*) exit 1; esac',
    // As ssh does with LocalCommand, by which later versions of Nix see that the connection stands.
    'case "$*" in *"LocalCommand=echo started"*) echo started;; esac',
    `NIX_CONF_DIR=${machine} exec ${nix.binDir}/nix-daemon --stdio`,
  ].join('\n')
  writeFileSync(join(programs, 'ssh'), ssh)
  chmodSync(join(programs, 'ssh'), 0o755)
  writeFileSync(join(folder, 'nix.conf'), `builders = ssh-ng://machine ${platform} - 1 1\n`, { flag: 'a' })
  return { ...environment, PATH: `${programs}:${environment.PATH}` }
}

function foreign(bench: Bench, script = 'echo from afar; echo > $out'): BuildTask {
  const text = `derivation { name = "afar-${randomSalt()}"; system = "${platform}"; builder = "/bin/sh"; args = [ "-c" ${JSON.stringify(script)} ]; }`
  const [derivationPath = ''] = instantiate(bench, text)
  return { id: randomUUID(), derivationPath, logToken: randomUUID(), inputDerivationOutputPaths: [] }
}

for (const nix of await testNixes()) {
  describe(`remote builders of Nix ${nix.version.text}`, () => {
    test('4.3.7, 4.10.2 a platform of a remote builder is offered and built there', async () => {
      await using bench = await openBench(nix)
      const { server } = bench
      bench.config.environment = addRemoteMachine(bench)
      bench.config.remotePlatformsWithSameFeatures = [platform]
      bench.run()
      await server.until(() => server.hellos.length === 1)
      assert.equal(server.hellos[0]?.agentInfo.platforms.at(-1), platform)
      const task = foreign(bench)
      server.say({ tag: 'StartBuild', contents: task })
      const status = await server.status(task.id)
      assert.deepEqual(status, { tag: 'Successful', contents: [] }, server.logText(task.logToken))
      assert.match(server.logText(task.logToken), /^from afar$/m)
      const [output] = server.task(task.id).buildEvents
      assert.ok(output?.tag === 'OutputInfo' && existsSync(output.contents.path))
      const failing = foreign(bench, 'exit 4')
      server.say({ tag: 'StartBuild', contents: failing })
      const failure = { how: 'exited', code: 4 }
      assert.deepEqual(await server.status(failing.id), { tag: 'Terminated', contents: [], firn: { failure } })
    })
  })
}

import assert from 'node:assert/strict'
import { execFileSync, spawn } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { chmodSync, existsSync } from 'node:fs'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { nobody, openPlainUser } from '@firn/nix/testing/plain-user'
import { evaluateTask, openBench, randomSalt, shellDerivation, tarball, testNixes } from './testing/agent-bench.ts'

const asRoot = process.getuid?.() === 0

for (const nix of await testNixes()) {
  describe(`an agent of a plain user, with the daemon of Nix ${nix.version.text}`, () => {
    test('evaluates, imports and builds', {
      skip: asRoot ? false : 'only root can start a daemon and another user',
    }, async () => {
      await using bench = await openBench(nix)
      const { server, folder } = bench
      const socket = join(folder, 'daemon.sock')
      const daemon = spawn(join(nix.binDir, 'nix-daemon'), [], {
        env: { ...bench.environment, NIX_DAEMON_SOCKET_PATH: socket },
        stdio: 'ignore',
      })
      while (!existsSync(socket)) await nextTurn()
      execFileSync('chown', ['-R', `${nobody}:${nobody}`, folder])
      for (const file of [folder, socket]) chmodSync(file, 0o777)
      const config = { ...bench.config, environment: { ...bench.environment, NIX_REMOTE: `unix://${socket}` } }
      const command = [process.execPath, new URL('testing/agent-process.ts', import.meta.url).pathname]
      await using user = await openPlainUser()
      const [program = '', ...args] = user.command([...command, JSON.stringify(config), nix.binDir])
      const agent = spawn(program, args, { env: { PATH: bench.environment.PATH, HOME: folder }, stdio: 'ignore' })
      await Promise.race([
        server.until(() => server.hellos.length === 1),
        once(agent, 'exit').then(([status]) => assert.fail(`the agent ended with status ${status}`)),
      ])

      const salt = randomSalt()
      const ci = `{ a = import (${shellDerivation(`imported-${salt}`, `echo '{ name }: name' > $out`)}) { name = ${shellDerivation(`final-${salt}`, 'echo > $out')}; }; }`
      const task = evaluateTask(server.serve('repo.tar.gz', tarball({ 'ci.nix': ci })))
      server.say({ tag: 'StartEvaluation', contents: task })
      const wanted = () =>
        server.events(task.id).flatMap((event) => (event.tag === 'BuildRequest' ? [event.contents.derivationPath] : []))
      for (const step of [0, 1]) {
        await server.until(() => wanted().length > step)
        const build = {
          id: randomUUID(),
          derivationPath: wanted()[step] ?? '',
          logToken: randomUUID(),
          inputDerivationOutputPaths: [],
        }
        server.say({ tag: 'StartBuild', contents: build })
        assert.deepEqual(await server.status(build.id), { tag: 'Successful', contents: [] })
        server.evalBuilds.set(build.derivationPath, ['attempt', 'BuildSuccess'])
      }
      assert.deepEqual(await server.status(task.id), { tag: 'Successful', contents: [] })
      assert.equal(server.events(task.id).at(-1)?.tag, 'Attribute')
      for (const child of [agent, daemon]) {
        child.kill('SIGKILL')
        await once(child, 'exit')
      }
    })
  })
}

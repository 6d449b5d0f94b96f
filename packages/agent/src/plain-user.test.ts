import assert from 'node:assert/strict'
import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { chmodSync, existsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { setImmediate as nextTurn } from 'node:timers/promises'
import type { BuildTask } from '@firn/contract/agent/task'
import { nobody, openPlainUser } from '@firn/nix/testing/plain-user'
import type { AgentConfig } from './config.ts'
import {
  type Bench,
  evaluateTask,
  instantiate,
  openBench,
  randomSalt,
  shellDerivation,
  tarball,
  testNixes,
} from './testing/agent-bench.ts'

const asRoot = process.getuid?.() === 0

type Trust = 'trusted' | 'untrusted'

/** An agent of the user `nobody`, with a daemon of its own that trusts it or not. */
async function openPlainAgent(bench: Bench, trust: Trust, settings: Partial<AgentConfig> = {}) {
  const { folder } = bench
  await using opened = new AsyncDisposableStack()
  const trusted = trust === 'trusted' ? 'root nobody' : 'root'
  writeFileSync(join(folder, 'nix.conf'), `trusted-users = ${trusted}\n`, { flag: 'a' })
  const socket = join(folder, 'daemon.sock')
  const daemon = spawn(join(bench.nix.binDir, 'nix-daemon'), [], {
    env: { ...bench.environment, NIX_DAEMON_SOCKET_PATH: socket },
    stdio: 'ignore',
  })
  opened.defer(() => end(daemon))
  while (!existsSync(socket)) await nextTurn()
  execFileSync('chown', ['-R', `${nobody}:${nobody}`, folder])
  for (const file of [folder, socket]) chmodSync(file, 0o777)
  const environment = { ...bench.environment, NIX_REMOTE: `unix://${socket}` }
  const config = { ...bench.config, environment, ...settings }
  const command = [process.execPath, new URL('testing/agent-process.ts', import.meta.url).pathname]
  const user = opened.use(await openPlainUser())
  const [program = '', ...args] = user.command([...command, JSON.stringify(config), bench.nix.binDir])
  const agent = spawn(program, args, {
    env: { PATH: bench.environment.PATH, HOME: folder },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  opened.defer(() => end(agent))
  let printed = ''
  for (const stream of [agent.stdout, agent.stderr])
    stream.setEncoding('utf8').on('data', (text: string) => (printed += text))
  const exited = once(agent, 'close')
  const open = opened.move()
  return {
    exited,
    printed: () => printed,
    online: () =>
      Promise.race([
        bench.server.until(() => bench.server.hellos.length === 1),
        exited.then(([status]) => assert.fail(`the agent ended with status ${status}: ${printed}`)),
      ]),
    [Symbol.asyncDispose]: () => open.disposeAsync(),
  }
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  child.kill('SIGKILL')
  await once(child, 'exit')
}

const skip = asRoot ? false : 'only root can start a daemon and another user'

function buildOf(derivationPath: string): BuildTask {
  return { id: randomUUID(), derivationPath, logToken: randomUUID(), inputDerivationOutputPaths: [] }
}

for (const nix of await testNixes()) {
  describe(`an agent of a plain user, with the daemon of Nix ${nix.version.text}`, () => {
    for (const trust of ['trusted', 'untrusted'] as const)
      test(`evaluates, imports and builds, ${trust}`, { skip }, async () => {
        await using bench = await openBench(nix)
        const { server } = bench
        await using agent = await openPlainAgent(bench, trust)
        await agent.online()
        const salt = randomSalt()
        const ci = `{ a = import (${shellDerivation(`imported-${salt}`, `echo '{ name }: name' > $out`)}) { name = ${shellDerivation(`final-${salt}`, 'echo > $out')}; }; }`
        const task = evaluateTask(server.serve('repo.tar.gz', tarball({ 'ci.nix': ci })))
        server.say({ tag: 'StartEvaluation', contents: task })
        const wanted = () =>
          server
            .events(task.id)
            .flatMap((event) => (event.tag === 'BuildRequest' ? [event.contents.derivationPath] : []))
        for (const step of [0, 1]) {
          await server.until(() => wanted().length > step)
          const build = buildOf(wanted()[step] ?? '')
          server.say({ tag: 'StartBuild', contents: build })
          assert.deepEqual(await server.status(build.id), { tag: 'Successful', contents: [] })
          server.evalBuilds.set(build.derivationPath, ['attempt', 'BuildSuccess'])
        }
        assert.deepEqual(await server.status(task.id), { tag: 'Successful', contents: [] })
        assert.equal(server.events(task.id).at(-1)?.tag, 'Attribute')
        const warned = /does not trust this user.*Add nobody to trusted-users/.test(agent.printed())
        assert.equal(warned, trust === 'untrusted', agent.printed())
      })

    test('4.1.2 a trusted user has all limits', { skip }, async () => {
      await using bench = await openBench(nix)
      const build = { keepHours: 2, minFreeMegabytes: 0, maxLogMegabytes: 0.5 }
      await using agent = await openPlainAgent(bench, 'trusted', { build, nixUserIsTrusted: true })
      await agent.online()
      const script = 'while :; do echo so and so on; done'
      const [derivationPath = ''] = instantiate(bench, shellDerivation(`chatter-${randomSalt()}`, script))
      const task = buildOf(derivationPath)
      bench.server.say({ tag: 'StartBuild', contents: task })
      const failure = { how: 'log-too-large', limitBytes: 512 * 1024 }
      assert.deepEqual(await bench.server.status(task.id), { tag: 'Terminated', contents: [], firn: { failure } })
    })

    test('4.1.2 an untrusted user has the limits of time, and is told what has no effect', { skip }, async () => {
      await using bench = await openBench(nix)
      const build = { keepHours: 2, minFreeMegabytes: 0, maxLogMegabytes: 0.5, keepBuildLog: false, timeoutSeconds: 1 }
      await using agent = await openPlainAgent(bench, 'untrusted', { build })
      await agent.online()
      assert.match(agent.printed(), /maxLogMegabytes has no effect; keepBuildLog = false has no effect;/)
      const [derivationPath = ''] = instantiate(bench, shellDerivation(`slow-${randomSalt()}`, 'sleep 1000'))
      const task = buildOf(derivationPath)
      bench.server.say({ tag: 'StartBuild', contents: task })
      const failure = { how: 'timed-out', seconds: 1 }
      assert.deepEqual(await bench.server.status(task.id), { tag: 'Terminated', contents: [], firn: { failure } })
    })

    test('4.1.2 nixUserIsTrusted, where the daemon knows nothing of it, is refused in a sentence', {
      skip,
    }, async () => {
      await using bench = await openBench(nix)
      await using agent = await openPlainAgent(bench, 'untrusted', { nixUserIsTrusted: true })
      await agent.exited
      assert.match(agent.printed(), /nixUserIsTrusted is set, but the Nix daemon does not trust this user/)
      assert.equal(bench.server.hellos.length, 0)
    })
  })
}

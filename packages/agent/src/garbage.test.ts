/** Garbage collection beside an agent's work, in a store of the agent's own: that of the machine is others' too. */
import assert from 'node:assert/strict'
import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import type { BuildTask } from '@firn/contract/agent/task'
import {
  type Bench,
  evaluateTask,
  openBench,
  randomSalt,
  shellDerivation,
  tarball,
  testNixes,
} from './testing/agent-bench.ts'

const skip = process.getuid?.() === 0 ? false : 'only root can have a store of its own at /nix'

type OwnStore = {
  agent: ChildProcess
  gate: string
  /** Runs a program of Nix where the agent is. */
  nix(program: string, ...args: string[]): string
  isThere(path: string): boolean
}

/** The agent and its Nix see another folder at /nix. */
async function openOwnStore(bench: Bench): Promise<OwnStore & AsyncDisposable> {
  const { folder, nix, environment } = bench
  const [store, gate] = [join(folder, 'own'), join(folder, 'gate')]
  for (const made of [store, gate]) mkdirSync(made)
  writeFileSync(join(folder, 'nix.conf'), `sandbox-paths = /bin/sh=/bin/busybox ${gate}\n`, { flag: 'a' })
  const agentScript = new URL('testing/agent-process.ts', import.meta.url).pathname
  const script = 'mount --bind "$1" /nix && shift && exec "$@"'
  const command = [process.execPath, agentScript, JSON.stringify(bench.config), nix.binDir]
  const agent = spawn('unshare', ['--mount', 'sh', '-c', script, 'sh', store, ...command], { stdio: 'ignore' })
  await bench.server.until(() => bench.server.hellos.length === 1)
  const inside = ['--mount', `--target=${agent.pid}`]
  return {
    agent,
    gate,
    nix: (program, ...args) => {
      const command = [...inside, join(nix.binDir, program), ...args]
      return execFileSync('nsenter', command, { env: environment, stdio: ['ignore', 'pipe', 'ignore'] })
        .toString()
        .trim()
    },
    isThere(path) {
      try {
        execFileSync('nsenter', [...inside, 'test', '-e', path])
        return true
      } catch {
        return false
      }
    },
    [Symbol.asyncDispose]: async () => {
      agent.kill('SIGKILL')
      await once(agent, 'exit')
    },
  }
}

function buildOf(derivationPath: string, inputs: string[] = []): BuildTask {
  return { id: randomUUID(), derivationPath, logToken: randomUUID(), inputDerivationOutputPaths: inputs }
}

for (const nix of await testNixes()) {
  describe(`garbage collection with Nix ${nix.version.text}`, { skip }, () => {
    test('4.10.2 takes nothing of what a build in progress needs', async () => {
      await using bench = await openBench(nix)
      await using own = await openOwnStore(bench)
      const salt = randomSalt()
      const input = `(${shellDerivation(`input-${salt}`, 'echo the input > $out')})`
      const script = `echo begun; while [ ! -e ${own.gate}/open ]; do sleep 0.1; done; read line < $input; echo $line > $out`
      const [drvPath = '', inputDrv = ''] = own
        .nix(
          'nix-instantiate',
          '--expr',
          `[ (${shellDerivation(`main-${salt}`, script, `input = ${input};`)}) ${input} ]`,
        )
        .split('\n')
      const inputPath = own.nix('nix-store', '--realise', inputDrv)
      const garbage = own.nix(
        'nix-store',
        '--realise',
        own.nix('nix-instantiate', '--expr', shellDerivation(`garbage-${salt}`, 'echo > $out')),
      )
      const task = buildOf(drvPath, [inputPath])
      bench.server.say({ tag: 'StartBuild', contents: task })
      await bench.server.until(() => bench.server.logText(task.logToken).includes('begun'))
      own.nix('nix-store', '--gc')
      assert.deepEqual([own.isThere(garbage), own.isThere(inputPath), own.isThere(drvPath)], [false, true, true])
      writeFileSync(join(own.gate, 'open'), '')
      assert.deepEqual(await bench.server.status(task.id), { tag: 'Successful', contents: [] })
    })

    test('4.10.2 takes nothing of what an evaluation found before it is built, nor of what is built before it is needed', async () => {
      await using bench = await openBench(nix)
      await using own = await openOwnStore(bench)
      const { server } = bench
      const salt = randomSalt()
      const imported = shellDerivation(`imported-${salt}`, `echo '{ name }: name' > $out`)
      const input = shellDerivation(`input-${salt}`, 'echo the input > $out')
      const final = shellDerivation(`final-${salt}`, 'read line < $input; echo $line > $out', `input = ${input};`)
      const ci = `{ a = import (${imported}) { name = ${final}; }; b = ${input}; }`
      const evaluation = evaluateTask(server.serve('repo.tar.gz', tarball({ 'ci.nix': ci })))
      server.say({ tag: 'StartEvaluation', contents: evaluation })
      const wanted = (name: string) =>
        server
          .events(evaluation.id)
          .flatMap((event) => (event.tag === 'BuildRequest' ? [event.contents.derivationPath] : []))
          .find((path) => path.endsWith(`-${name}-${salt}.drv`))
      const build = async (name: string, inputs: string[] = []) => {
        await server.until(() => wanted(name) !== undefined)
        own.nix('nix-store', '--gc')
        const task = buildOf(wanted(name) ?? '', inputs)
        server.say({ tag: 'StartBuild', contents: task })
        assert.deepEqual(await server.status(task.id), { tag: 'Successful', contents: [] })
        server.evalBuilds.set(task.derivationPath, ['attempt', 'BuildSuccess'])
        const [output] = server.task(task.id).buildEvents
        return output?.tag === 'OutputInfo' ? output.contents.path : ''
      }
      await build('imported')
      assert.deepEqual(await server.status(evaluation.id), { tag: 'Successful', contents: [] })
      const inputPath = await build('input')
      const finalPath = await build('final', [inputPath])
      assert.ok(own.isThere(finalPath))
    })
  })
}

import assert from 'node:assert/strict'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import type { EvaluateTask, GitInput, Selector } from '@firn/contract/agent/task'
import { type Bench, evaluateTask, onPush, openBench, randomSalt, tarball, testNixes } from '../testing/agent-bench.ts'
import { commitTree } from '../testing/evaluation-bench.ts'
import { startGitServer } from '../testing/git-server.ts'

async function online(bench: Bench) {
  const agent = bench.run()
  await bench.server.until(() => bench.server.hellos.length === 1)
  return agent
}

async function evaluate(bench: Bench, task: EvaluateTask) {
  bench.server.say({ tag: 'StartEvaluation', contents: task })
  const status = await bench.server.status(task.id)
  return { status, events: bench.server.events(task.id), log: bench.server.logText(task.logToken) }
}

/** A repository below `served`. */
async function repository(bench: Bench, name: string, files: Record<string, string>) {
  const tree = join(bench.folder, 'served', name)
  for (const [file, text] of Object.entries(files)) {
    await mkdir(join(tree, file, '..'), { recursive: true })
    await writeFile(join(tree, file), text)
  }
  return { tree, rev: commitTree(tree, bench.environment) }
}

const gitInput = (url: string, rev: string): GitInput => ({
  rev,
  ref: 'refs/heads/main',
  sshURL: '',
  httpURL: url,
  name: 'repo',
})

function flakeTask(url: string, rev: string, selector: Selector): EvaluateTask {
  const task = evaluateTask('', selector)
  return { ...task, isFlakeJob: true, otherInputs: {}, inputs: { src: { tag: 'Git', contents: gitInput(url, rev) } } }
}

const drv = (name: string) =>
  `derivation { name = "${name}"; system = builtins.currentSystem or "x86_64-linux"; builder = "/bin/sh"; }`

for (const nix of await testNixes()) {
  describe(`evaluation tasks with Nix ${nix.version.text}`, () => {
    test('1.2.4 a flake comes from the forge with the credentials of the task, over plain http', async () => {
      await using bench = await openBench(nix)
      const login = { username: 'x-access-token', password: `password-${randomSalt()}` }
      const { rev } = await repository(bench, 'repo', {
        'flake.nix': `{ outputs = { self }: { packages.x86_64-linux.a = ${drv('a')}; }; }`,
      })
      await using git = await startGitServer(join(bench.folder, 'served'), login)
      await online(bench)
      const task = {
        ...flakeTask(`${git.url}/repo`, rev, onPush('default')),
        extraGitCredentials: [{ url: git.url, ...login }],
      }
      const { status, events } = await evaluate(bench, task)
      assert.equal(status.tag, 'Successful', JSON.stringify([status, events]))
      assert.deepEqual(
        events.flatMap((event) => (event.tag === 'Attribute' ? [event.contents.expressionPath] : [])),
        [['packages', 'x86_64-linux', 'a']],
      )
    })

    test('a server of Firn hears traces as messages, and what the evaluation depended on', async () => {
      await using bench = await openBench(nix)
      bench.server.extended = 1
      const ci = `{ herculesCI = { branch, primaryRepo, ... }@args: { onPush.default.outputs = builtins.trace "at the root" {
        \${branch} = builtins.trace "hello" (${drv('a')});
        b = ${drv('b')} // { meta = primaryRepo.rev; };
      }; }; }`
      await online(bench)
      const source = bench.server.serve('repo.tar.gz', tarball({ 'ci.nix': ci }))
      const { events, log } = await evaluate(bench, evaluateTask(source, onPush('default')))
      const messages = events.flatMap((event) => (event.tag === 'Message' ? [event.contents] : []))
      assert.deepEqual(messages, [
        { index: 0, typ: 'Trace', message: 'at the root', expressionPath: [] },
        { index: 1, typ: 'Trace', message: 'hello', expressionPath: ['main'] },
      ])
      assert.deepEqual(events.at(-1), {
        tag: 'FirnEvaluationFacts',
        contents: { nixVersion: nix.version.text, forced: ['branch'], timeless: true },
      })
      assert.match(log, /trace: hello/)
      assert.doesNotMatch(log, /trace: [0-9a-f]{32} /)
      for (const event of events) if (event.tag === 'Attribute') assert.equal(typeof event.contents.evalMs, 'number')
    })

    test('a task may switch import from derivation off', async () => {
      await using bench = await openBench(nix)
      const ci = `{ a = import (derivation { name = "imported-${randomSalt()}"; system = "x86_64-linux"; builder = "/bin/sh"; }); }`
      await online(bench)
      const task = evaluateTask(bench.server.serve('repo.tar.gz', tarball({ 'ci.nix': ci })))
      const { events } = await evaluate(bench, { ...task, firn: { importFromDerivation: false, submodules: false } })
      assert.deepEqual(
        events.map(({ tag }) => tag),
        ['AttributeError'],
      )
    })

    test('1.10.3, 1.10.4 extra inputs are flakes, or sources where there is no flake', async () => {
      await using bench = await openBench(nix)
      const flake = await repository(bench, 'tools', {
        'flake.nix': '{ outputs = { self }: { word = "from-the-flake"; }; }',
      })
      const plain = await repository(bench, 'plain', { word: 'from-the-source' })
      const ci = `{ herculesCI.onPush.default = {
        extraInputs.tools.project = "tools"; extraInputs.plain.project = "plain";
        outputs = { tools, plain }: {
          a = derivation { name = tools.word; system = "x86_64-linux"; builder = "/bin/sh"; };
          b = derivation { name = builtins.readFile (plain + "/word"); system = "x86_64-linux"; builder = "/bin/sh"; };
        }; }; }`
      const inputs = {
        tools: { tag: 'Git' as const, contents: gitInput(`file://${flake.tree}`, flake.rev) },
        plain: { tag: 'Git' as const, contents: gitInput(`file://${plain.tree}`, plain.rev) },
      }
      const source = bench.server.serve('repo.tar.gz', tarball({ 'ci.nix': ci }))
      await online(bench)
      const { events } = await evaluate(
        bench,
        evaluateTask(source, { tag: 'OnPush', contents: { name: 'default', inputs } }),
      )
      const names = events.flatMap((event) =>
        event.tag === 'Attribute' ? [event.contents.derivationPath.slice(44)] : [],
      )
      assert.deepEqual(names, ['from-the-flake.drv', 'from-the-source.drv'], JSON.stringify(events, null, 1))
    })
  })
}

describe('evaluation tasks', async () => {
  const [nix] = await testNixes()
  assert.ok(nix)

  test('1.2.3 a source that cannot be had is Exceptional', async () => {
    await using bench = await openBench(nix)
    await online(bench)
    const { status } = await evaluate(bench, evaluateTask(`${bench.server.url}/files/none.tar.gz`))
    assert.deepEqual(status, { tag: 'Exceptional', contents: 'Extracting tarball: the server answers 401' })
  })

  test('4.5.3 a task without src is Exceptional', async () => {
    await using bench = await openBench(nix)
    await online(bench)
    const { status } = await evaluate(bench, { ...evaluateTask('http://127.0.0.1:1'), inputs: {} })
    assert.match(JSON.stringify(status), /Exceptional.*No src input provided/)
  })

  test('4.4.10 a cancelled evaluation ends', async () => {
    await using bench = await openBench(nix)
    await online(bench)
    const task = evaluateTask(
      bench.server.serve(
        'repo.tar.gz',
        tarball({
          'ci.nix': `{ a = builtins.trace "begun" (builtins.foldl' (a: b: a + b) 0 (builtins.genList (i: builtins.foldl' (a: b: a + b) 0 (builtins.genList (j: j) 100000)) 100000)); }`,
        }),
      ),
    )
    bench.server.say({ tag: 'StartEvaluation', contents: task })
    await bench.server.until(() => bench.server.logText(task.logToken).includes('trace: begun'))
    bench.server.say({ tag: 'Cancel', contents: { taskId: task.id } })
    assert.deepEqual(await bench.server.status(task.id), { tag: 'Exceptional', contents: 'cancelled' })
  })

  test('4.6.1 events arrive in order although the server fails in between', async () => {
    await using bench = await openBench(nix)
    const ci =
      'builtins.listToAttrs (builtins.genList (i: { name = "a" + toString (10000 + i); value = throw "no"; }) 3500)'
    await online(bench)
    const task = evaluateTask(bench.server.serve('repo.tar.gz', tarball({ 'ci.nix': ci })))
    bench.server.say({ tag: 'StartEvaluation', contents: task })
    await bench.server.until(() => bench.server.task(task.id).batches.length > 0)
    bench.server.failing = { left: 3, status: 502 }
    assert.equal((await bench.server.status(task.id)).tag, 'Successful')
    const names = bench.server
      .events(task.id)
      .map((event) => (event.tag === 'AttributeError' ? event.contents.expressionPath[0] : event.tag))
    assert.deepEqual(
      names,
      Array.from({ length: 3500 }, (_, i) => `a${10000 + i}`),
    )
    assert.ok(bench.server.task(task.id).batches.every((batch) => batch.length <= 1000))
  })
})

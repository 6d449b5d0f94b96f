import assert from 'node:assert/strict'
import { mkdir, symlink, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { randomSalt, testNixes } from '../../testing/agent-bench.ts'
import {
  commitTree,
  type EvaluationBench,
  evaluateSource,
  openEvaluationBench,
} from '../../testing/evaluation-bench.ts'
import { chooseEntry, defaultSystem, localSource } from './source.ts'

const flake = (name: string) =>
  `{ outputs = { self }: { packages.x86_64-linux.a = derivation { name = "${name}"; system = "x86_64-linux"; builder = "/bin/sh"; }; }; }`

for (const nix of await testNixes()) {
  describe(`sources of this machine with Nix ${nix.version.text}`, () => {
    let bench: EvaluationBench
    before(async () => {
      bench = await openEvaluationBench(nix)
    })
    after(() => bench[Symbol.asyncDispose]())

    async function tree(files: Record<string, string>): Promise<string> {
      const folder = join(bench.folder, randomSalt())
      for (const [name, text] of Object.entries(files)) {
        await mkdir(dirname(join(folder, name)), { recursive: true })
        await writeFile(join(folder, name), text)
      }
      return folder
    }

    async function names(folder: string) {
      const { events } = await evaluateSource(bench.tools, await localSource(folder), { handler: 'onPush.default' })
      return events.flatMap((event) => {
        if (event.tag === 'AttributeError') return [event.contents.errorMessage]
        return event.tag === 'Attribute' ? [event.contents.derivationPath.slice(44)] : []
      })
    }

    test('1.2.6 a flake outside Git', async () => {
      assert.deepEqual(await names(await tree({ 'flake.nix': flake('plain') })), ['plain.drv'])
    })

    test('1.2.6 a flake in Git, with changes that are not committed', async () => {
      const folder = await tree({ 'flake.nix': flake('committed') })
      commitTree(folder, bench.tools.environment)
      await writeFile(join(folder, 'flake.nix'), flake('changed'))
      assert.deepEqual(await names(folder), ['changed.drv'])
    })

    test('a file beside a flake goes first', async () => {
      const folder = await tree({
        'flake.nix': flake('flake'),
        'ci.nix': '{ herculesCI.onPush.default.outputs = { }; }',
      })
      assert.equal((await localSource(folder)).flake, undefined)
      assert.deepEqual(await names(folder), [])
    })
  })
}

test("1.1.6 a flake that is given as files is nobody's but the server's mistake", async () => {
  const [nix] = await testNixes()
  assert.ok(nix)
  await using bench = await openEvaluationBench(nix)
  await writeFile(join(bench.folder, 'flake.nix'), flake('x'))
  const choice = await chooseEntry({ checkout: bench.folder, flake: undefined, inputs: {} })
  assert.deepEqual(choice, { ok: false, is: 'broken', reason: 'the source is a flake, but was not given as one' })
})

test('1.1.7 the agent follows no link out of the source', async () => {
  const [nix] = await testNixes()
  assert.ok(nix)
  await using bench = await openEvaluationBench(nix)
  const checkout = join(bench.folder, 'source')
  await mkdir(checkout)
  await writeFile(join(bench.folder, 'secret'), 'secret-system')
  await symlink('../secret', join(checkout, 'ci-default-system.txt'))
  assert.equal(await defaultSystem({ checkout, flake: undefined, inputs: {} }), undefined)
  const inside = join(bench.folder, 'other')
  await mkdir(inside)
  await writeFile(join(inside, 'system'), 'aarch64-linux\n')
  await symlink('system', join(inside, 'ci-default-system.txt'))
  assert.equal(await defaultSystem({ checkout: inside, flake: undefined, inputs: {} }), 'aarch64-linux')
})

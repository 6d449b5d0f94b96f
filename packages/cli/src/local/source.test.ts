import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { openGit } from '../up/checkout.ts'
import { type FirnBench, nixBuild, openFirnBench, testNixes } from './testing/firn.ts'

for (const nix of await testNixes()) {
  describe(`where firn eval takes a flake from, with Nix ${nix.version.text}`, () => {
    const git = openGit(process.env)
    let bench: FirnBench
    let origin: string
    before(async () => {
      bench = await openFirnBench(nix)
      origin = await bench.tree({
        'flake.nix': `{ outputs = { self }: ${nixBuild}{ packages.x86_64-linux.a = make (builtins.readFile ./name); }; }`,
        name: 'first',
      })
      await git(origin, 'init', '--quiet', '--initial-branch=main')
      await commit('second')
      await commit('third')
    })
    after(() => bench[Symbol.asyncDispose]())

    async function commit(name: string) {
      await writeFile(join(origin, 'name'), name)
      await git(origin, 'add', '.')
      await git(origin, 'commit', '--quiet', '--message', name)
    }

    /** A clone that is made with these options. */
    async function cloned(name: string, from: string, ...options: string[]): Promise<string> {
      const folder = join(dirname(origin), name)
      await git(dirname(origin), 'clone', '--quiet', ...options, '--', from, folder)
      return folder
    }

    async function assertEvaluates(folder: string, name: string) {
      const { status, stdout, stderr } = await bench.firn('eval', folder)
      assert.equal(status, 0, stdout + stderr)
      assert.match(stdout, new RegExp(`● packages\\.x86_64-linux\\.a {2}build {2}${name}\\n`))
    }

    async function assertEvaluatesWithChanges(folder: string) {
      await assertEvaluates(folder, 'third')
      await writeFile(join(folder, 'name'), 'changed')
      await assertEvaluates(folder, 'changed')
    }

    test('1.2.6 a clone with a part of the history only', async () => {
      await assertEvaluatesWithChanges(await cloned('shallow', `file://${origin}`, '--depth=1'))
    })

    test('1.2.6 a worktree of such a clone', async () => {
      const clone = await cloned('shallow-main', `file://${origin}`, '--depth=1')
      const worktree = join(dirname(origin), 'shallow-worktree')
      await git(clone, 'worktree', 'add', '--quiet', worktree)
      await assertEvaluatesWithChanges(worktree)
    })

    test('1.2.6 a clone that borrows the objects of another', async () => {
      await assertEvaluatesWithChanges(await cloned('shared', origin, '--shared'))
    })

    test('1.2.6 a clone without the files of the history', async () => {
      await git(origin, 'config', 'uploadpack.allowFilter', 'true')
      await assertEvaluatesWithChanges(await cloned('partial', `file://${origin}`, '--filter=blob:none'))
    })

    test('1.2.6 a clone whose repository lies elsewhere', async () => {
      await assertEvaluatesWithChanges(await cloned('apart', origin, `--separate-git-dir=${dirname(origin)}/apart.git`))
    })

    test('1.2.6 a flake.nix that Git does not track is told with what to do: 2', async () => {
      const folder = await cloned('untracked', origin)
      await git(folder, 'rm', '--quiet', '--cached', 'flake.nix')
      for (const command of ['eval', 'run']) {
        const { status, stderr } = await bench.firn(command, folder)
        assert.equal(status, 2)
        assert.match(stderr, /^firn: Git does not track flake\.nix, .*: git add flake\.nix\n$/)
      }
      await git(folder, 'add', '--intent-to-add', 'flake.nix')
      await assertEvaluates(folder, 'third')
    })

    test('1.2.6 a checkout in shared memory', async () => {
      const folder = await mkdtemp('/dev/shm/firn-test-')
      try {
        await git(folder, 'clone', '--quiet', '--', origin, 'clone')
        await assertEvaluatesWithChanges(join(folder, 'clone'))
      } finally {
        await rm(folder, { recursive: true })
      }
    })
  })
}

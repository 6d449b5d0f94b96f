import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { openGit } from '../up/checkout.ts'
import { contentsOf, eventsOf, named } from './testing/events.ts'
import { type FirnBench, nixBuild, openFirnBench, testNixes } from './testing/firn.ts'

for (const nix of await testNixes()) {
  describe(`handlers and their extra inputs with Nix ${nix.version.text}`, () => {
    let bench: FirnBench
    before(async () => {
      bench = await openFirnBench(nix)
    })
    after(() => bench[Symbol.asyncDispose]())

    const json = (...args: string[]) => bench.firn('eval', '--json', ...args)

    test('a handler of a file without a configuration is refused', async () => {
      const folder = await bench.tree({ 'default.nix': `${nixBuild}{ a = make "a"; }` })
      for (const options of [[], ['--json']]) {
        const { status, stdout, stderr } = await bench.firn('eval', folder, '--job', 'onPush.typo', ...options)
        assert.deepEqual([status, stdout], [2, ''])
        assert.match(stderr, /^firn: There is no onPush\.typo: the file has no herculesCI attribute\./m)
      }
    })

    test('1.10 extra inputs are named by the user, or refused by name', async () => {
      const folder = await bench.tree({
        'ci.nix': `${nixBuild}{ herculesCI.onPush.default = {
          extraInputs.dep = { project = "other"; ref = "refs/heads/next"; };
          outputs = { dep }: { a = build "with-\${builtins.readFile "\${dep}/name"}" "" { inherit dep; }; };
        }; }`,
      })
      const input = await bench.tree({ name: 'engine' }, 'an input')
      const git = openGit(process.env)
      for (const args of [
        ['init', '--quiet'],
        ['add', '.'],
        ['commit', '--quiet', '--message', 'one'],
      ])
        await git(input, ...args)
      const refused = await json(folder, '--job', 'onPush.default')
      assert.deepEqual([refused.status, refused.stdout], [2, ''])
      assert.match(
        refused.stderr,
        /declares the extra input dep \(project other at refs\/heads\/next\).*--input dep=PATH/,
      )
      const given = await json(folder, '--job', 'onPush.default', '--input', `dep=${input}`)
      assert.equal(given.status, 0, given.stdout)
      assert.deepEqual(contentsOf(eventsOf(given), 'Attribute').map(named), ['with-engine'])
    })

    test('1.10 extra inputs of all handlers are looked at first; those of nobody are refused', async () => {
      const folder = await bench.tree({
        'ci.nix': `${nixBuild}{ herculesCI.onPush = {
          a.outputs = { };
          b = { extraInputs.dep.project = "other"; outputs = { dep }: { }; };
          c = { extraInputs = { dep.project = "other"; more.project = "another"; }; outputs = { dep, more }: { }; };
        }; }`,
      })
      const input = await bench.tree({ name: 'engine' }, 'an input')
      const git = openGit(process.env)
      await git(input, 'init', '--quiet')
      await git(input, 'commit', '--quiet', '--allow-empty', '--message', 'one')
      const missing = await bench.firn('eval', folder)
      assert.equal(missing.status, 2)
      assert.doesNotMatch(missing.stdout, /^onPush\.a —/m)
      assert.match(
        missing.stderr,
        /onPush\.b declares the extra input dep \(project other\); onPush\.c declares the extra inputs dep \(project other\) and more \(project another\), .* each: --input dep=PATH --input more=PATH\n$/,
      )
      for (const args of [[], ['--json'], ['--job', 'onPush.a']]) {
        const given = ['dep', 'more', 'none'].flatMap((name) => ['--input', `${name}=${input}`])
        const { status, stderr } = await bench.firn('eval', folder, ...given, ...args)
        assert.equal(status, 2, stderr)
        assert.match(stderr, /^firn: No handler declares the extra input none\. Declared are dep, more\.\n$/m)
      }
      const legacy = await bench.tree({ 'default.nix': `${nixBuild}{ a = make "a"; }` })
      const { status, stderr } = await bench.firn('eval', legacy, '--input', `dep=${input}`)
      assert.equal(status, 2)
      assert.match(stderr, /^firn: Nothing takes the extra input dep: the file has no herculesCI attribute\.\n$/m)
    })

    test('1.10 extra inputs of a configuration that imports from a derivation are looked at too', async () => {
      const folder = await bench.tree({
        'ci.nix': `${nixBuild}{ herculesCI.onPush = import (build "gen" "echo '{ default = { extraInputs.lib.project = \\"lib\\"; outputs = { lib }: { }; }; }' > $out" { }); }`,
      })
      for (const command of ['eval', 'run']) {
        const { status, stderr } = await bench.firn(command, folder, '--job', 'onPush.default')
        assert.equal(status, 2)
        assert.match(stderr, /^firn: onPush\.default declares the extra input lib \(project lib\)/m)
      }
    })
  })
}

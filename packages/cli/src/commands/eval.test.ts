import assert from 'node:assert/strict'
import { execFile, spawnSync } from 'node:child_process'
import { mkdir, readdir, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { promisify } from 'node:util'
import { processesWith } from '@firn/agent/testing/processes'
import { contentsOf, eventsOf, named } from '../local/testing/events.ts'
import { examples, type FirnBench, nixBuild, openFirnBench, testNixes } from '../local/testing/firn.ts'
import { openGit } from '../up/checkout.ts'

for (const nix of await testNixes()) {
  describe(`firn eval with Nix ${nix.version.text}`, () => {
    let bench: FirnBench
    before(async () => {
      bench = await openFirnBench(nix)
    })
    after(() => bench[Symbol.asyncDispose]())

    const json = (...args: string[]) => bench.firn('eval', '--json', ...args)

    test('the configuration alone, as events and nothing else', async () => {
      const ended = await json(`${examples}hello`)
      assert.equal(ended.status, 0, ended.stderr)
      assert.deepEqual(eventsOf(ended), [
        { tag: 'JobConfig', contents: { sourceCaches: null, binaryCaches: null } },
        { tag: 'OnPushHandlerEvent', contents: { handlerName: 'default', handlerExtraInputs: {}, isFlake: false } },
      ])
    })

    test('a handler: every derivation before what needs it and before its attribute', async () => {
      const ended = await json(`${examples}hello`, '--job', 'onPush.default')
      assert.equal(ended.status, 0, ended.stderr)
      const known = new Set<string>()
      let attributes = 0
      for (const event of eventsOf(ended)) {
        if (event.tag === 'DerivationInfo') {
          for (const input of Object.keys(event.contents.inputDerivations)) assert.ok(known.has(input), input)
          known.add(event.contents.derivationPath)
        } else {
          assert.ok(event.tag === 'Attribute' || event.tag === 'BuildRequest', event.tag)
          assert.ok(known.has(event.contents.derivationPath))
          if (event.tag === 'Attribute') attributes++
        }
      }
      assert.deepEqual([known.size, attributes], [12, 12])
    })

    test('errors are events and make the exit status 1', async () => {
      const ended = await json(`${examples}broken`, '--job', 'onPush.default')
      assert.equal(ended.status, 1)
      const errors = contentsOf(eventsOf(ended), 'AttributeError').map(({ expressionPath }) => expressionPath.join('.'))
      assert.deepEqual(errors.sort(), ['bad.label', 'bad.recipe'])
    })

    test('a file without a configuration is walked', async () => {
      const folder = await bench.tree({ 'default.nix': `${nixBuild}{ a = make "a"; b.c = make "no"; }` }, 'sp ace')
      const events = eventsOf(await json(folder))
      assert.deepEqual(contentsOf(events, 'JobConfig'), [])
      assert.deepEqual(contentsOf(events, 'Attribute').map(named), ['a'])
      assert.match((await bench.firn('eval', folder)).stdout, /^legacy — 1 attribute\n/)
      const none = await bench.firn('eval', await bench.tree({ 'default.nix': '{ }' }))
      assert.deepEqual([none.status, none.stdout], [0, 'legacy — 0 attributes\n'])
      const errors = await bench.firn('eval', await bench.tree({ 'default.nix': '{ a = throw "x"; }' }))
      assert.match(errors.stdout, /^legacy — 0 attributes, 1 error\n/)
    })

    test('1.9.4 a limit that the user sets ends it, and is named as the option that sets it', async () => {
      const folder = await bench.tree({ 'default.nix': `${nixBuild}{ a = make "a"; b = make "b"; c = make "c"; }` })
      const { status, stdout, stderr } = await bench.firn('eval', folder, '--limit', 'attributesMax=2')
      assert.equal(status, 1)
      assert.match(stdout, /^legacy — 2 attributes, 1 error\n/)
      assert.match(stdout, /\n {2}The limit is attributesMax: --limit attributesMax=NUMBER sets another\.\n$/)
      assert.doesNotMatch(stderr, /broke/)
      const endless = await bench.tree({
        'default.nix':
          "{ x = builtins.foldl' (a: b: a + b) 0 (builtins.genList (i: builtins.length (builtins.genList (j: j) 100000)) 10000000); }",
      })
      const limits = ['--limit', 'attributeSeconds=0.5', '--limit', 'scratchMegabytes=10']
      const slow = await bench.firn('eval', endless, ...limits)
      assert.equal(slow.status, 1)
      assert.match(slow.stdout, /took longer than 0\.5 s\n {6}The limit is attributeSeconds: --limit attributeSeconds=/)
      const run = await bench.firn('run', endless, ...limits)
      assert.equal(run.status, 1)
      assert.match(run.stdout, /The limit is attributeSeconds: --limit/)
    })

    test('1.2.6 a flake in Git: tracked files with their changes, told of the checkout', async () => {
      const folder = await bench.tree(
        {
          'flake.nix': `{ outputs = { self }: {
            herculesCI = { primaryRepo, branch, rev, ... }: { onPush.default.outputs = {
              files = derivation { name = builtins.concatStringsSep "-" (builtins.attrNames (builtins.readDir self)); system = "x86_64-linux"; builder = "/bin/sh"; };
              said = throw "\${primaryRepo.owner}/\${primaryRepo.name} \${toString branch} \${rev} \${self.rev or "changed"}";
            }; };
          }; }`,
        },
        'a flake',
      )
      const git = openGit(process.env)
      await git(folder, 'init', '--quiet', '--initial-branch=trunk')
      await git(folder, 'remote', 'add', 'origin', 'git@github.com:ada/engine.git')
      await git(folder, 'add', '.')
      await git(folder, 'commit', '--quiet', '--message', 'one')
      const rev = await git(folder, 'rev-parse', 'HEAD')
      const said = async (...args: string[]) => {
        const ended = await json(folder, '--job', 'onPush.default', ...args)
        const events = eventsOf(ended)
        const [error] = contentsOf(events, 'AttributeError')
        return { ...ended, names: contentsOf(events, 'Attribute').map(named), error: error?.errorMessage }
      }
      const clean = await said()
      assert.deepEqual([clean.names, clean.error], [['flake.nix'], `ada/engine trunk ${rev} ${rev}`])

      for (const name of ['added', 'untracked']) await writeFile(join(folder, name), 'new')
      await git(folder, 'add', 'added')
      const changed = await said('--ref', 'refs/tags/v1', '--rev', 'f'.repeat(40), '--name', 'motor')
      assert.deepEqual(changed.names, ['added-flake.nix'])
      assert.equal(changed.error, `ada/motor  ${'f'.repeat(40)} changed`)
      const worktree = join(folder, '../worktree')
      await git(folder, 'worktree', 'add', '--quiet', worktree)
      const there = eventsOf(await json(worktree, '--job', 'onPush.default'))
      assert.deepEqual(contentsOf(there, 'Attribute').map(named), ['flake.nix'])

      assert.match(changed.stderr, /1 change not committed: part of the flake/)
      assert.match(changed.stderr, /1 untracked file: not part of the flake/)
    })

    test('1.13 what evaluation imports is built here, with its events', async () => {
      const folder = await bench.tree({
        'default.nix': `${nixBuild}{
          good = import (build "gen" "echo '{ make }: make \\"final\\"' > $out" { }) { inherit make; };
          bad = import (build "genbad" "exit 1" { });
        }`,
      })
      const ended = await json(folder)
      assert.equal(ended.status, 1, ended.stderr)
      const events = eventsOf(ended)
      assert.deepEqual(contentsOf(events, 'BuildRequired').map(named).sort(), ['gen', 'genbad'])
      const waits = contentsOf(events, 'AttributeIFD').filter(({ expressionPath }) => expressionPath[0] === 'good')
      assert.deepEqual(
        waits.map(({ done }) => done),
        [false, true],
      )
      const final = events.findIndex((event) => event.tag === 'Attribute')
      assert.ok(
        final >
          events.findLastIndex((event) => event.tag === 'AttributeIFD' && event.contents.expressionPath[0] === 'good'),
      )
      const [error] = contentsOf(events, 'AttributeError')
      assert.equal(error?.errorType, 'BuildException')
    })

    test('1.13.6 why a build for an import failed is said on standard error, with its last lines', async () => {
      const folder = await bench.tree({
        'default.nix': `${nixBuild}{
          own = builtins.readFile (build "own" "echo the reason why; exit 3" { });
          below = builtins.readFile (build "above" "" { needs = build "below" "echo the reason below; exit 4" { }; });
          foreign = builtins.readFile (build "foreign" "" { system = "no-system"; });
        }`,
      })
      for (const options of [[], ['--json']]) {
        const { status, stdout, stderr } = await bench.firn('eval', folder, ...options)
        assert.equal(status, 1, stderr)
        for (const [name, code, reason] of [
          ['own', 3, 'the reason why'],
          ['below', 4, 'the reason below'],
        ])
          assert.match(stderr, new RegExp(`^error: .*-${name}\\.drv'[^>]*exit code ${code}[^>]*> ${reason}$`, 'm'))
        assert.match(stderr, /^error: [\s\S]*no-system/m)
        for (const name of ['own', 'foreign'])
          assert.match(stdout, new RegExp(`Could not build derivation \\S*-${name}\\.drv, which is required`))
        assert.match(stdout, /Could not build a dependency of derivation \S*-above\.drv, which is required/)
      }
      assert.equal(contentsOf(eventsOf(await json(folder)), 'AttributeError').length, 3)
    })

    test('a root that throws, and no file to evaluate, are the repository’s matter: 1', async () => {
      const throwing = await json(await bench.tree({ 'default.nix': 'throw "no root"' }))
      assert.equal(throwing.status, 1)
      assert.deepEqual(
        contentsOf(eventsOf(throwing), 'AttributeError').map((error) => error.expressionPath),
        [[]],
      )
      const nothing = await json(await bench.tree({ README: '' }))
      assert.equal(nothing.status, 1)
      assert.match(contentsOf(eventsOf(nothing), 'Message')[0]?.message ?? '', /^Please provide a Nix expression/)
      const unknown = await json(`${examples}hello`, '--job', 'onPush.nope')
      assert.equal(unknown.status, 1)
      assert.match(unknown.stdout, /Missing attribute \\"nope\\"/)
    })

    test('what firn cannot begin is said in a sentence: 2', async () => {
      const hello = `${examples}hello`
      const refusals: [args: string[], env: Record<string, string>, sentence: RegExp][] = [
        [['/nowhere'], {}, /^firn: There is no folder \/nowhere\.\n$/],
        [[hello, '--job', 'default'], {}, /^firn: --job must be onPush\.NAME or onSchedule\.NAME, not default\.\n$/],
        [[hello, '--input', 'x'], {}, /^firn: --input must be NAME=PATH, not x\.\n$/],
        [
          [hello, '--input', 'x=/nowhere'],
          {},
          /^firn: The extra input x cannot be had from \/nowhere: there is no such folder/,
        ],
        [[hello, '--limit', 'attributesMax'], {}, /^firn: --limit must be NAME=NUMBER, not attributesMax\.\n$/],
        [[hello, '--limit', 'attributesMax=0'], {}, /^firn: --limit attributesMax must be at least 1\.\n$/],
        [[hello, '--limit', 'x=1'], {}, /^firn: --limit x is none of the limits, which are attributesMax, .*\.\n$/],
        [[hello], { PATH: '/nowhere' }, /^firn: Nix is needed: no nix in \/nowhere\.\n$/],
        [
          [hello],
          { NIX_REMOTE: 'unix:///nowhere' },
          /^firn: The Nix store cannot be used: .*nothing answers at \/nowhere/,
        ],
        [[hello], { TMPDIR: '/nowhere' }, /^firn: There is nowhere to write/],
      ]
      for (const [args, env, sentence] of refusals) {
        const { status, stdout, stderr } = await bench.start(['eval', ...args], env).ended
        assert.deepEqual([status, stdout], [2, ''], stderr)
        assert.match(stderr, sentence)
      }
    })

    test('without bubblewrap it says so', async () => {
      const bin = join(bench.folder, 'bin')
      await mkdir(bin)
      for (const name of ['nix', 'nix-daemon']) await symlink(join(nix.binDir, name), join(bin, name))
      const { status, stderr } = await bench.start(['eval', `${examples}hello`], { PATH: bin }).ended
      assert.equal(status, 2)
      assert.match(stderr, /bwrap is needed.*bubblewrap/)
    })

    test('a HOME that cannot be written', async () => {
      const { status, stderr } = await bench.start(['eval', `${examples}hello`], { HOME: '/proc/nobody' }).ended
      assert.equal(status, 0, stderr)
    })

    test('Ctrl-C ends an endless evaluation within seconds and leaves no process', async () => {
      const sum = "builtins.foldl' (a: b: a + b) 0"
      const folder = await bench.tree({
        'default.nix': `{ x@salt@ = ${sum} (builtins.genList (i: ${sum} (builtins.genList (j: j) 100000)) 100000); }`,
      })
      const running = bench.start(['eval', folder])
      while (processesWith(folder).length < 2) await nextTurn() // firn itself is one
      running.child.kill('SIGINT')
      const { status, stderr } = await running.ended
      assert.equal(status, 130)
      assert.match(stderr, /Stopped before the evaluation was done/)
      assert.deepEqual(processesWith(folder), [])
    })

    test('an answer that cannot be written is told: 2', async () => {
      const main = new URL('../main.ts', import.meta.url).pathname
      for (const command of [`eval "${examples}hello"`, `eval --json "${examples}hello"`, `run "${examples}hello"`]) {
        const shell = spawnSync('sh', ['-c', `"${process.execPath}" "${main}" ${command} > /dev/full`], {
          env: { ...process.env, PATH: `${nix.binDir}:${process.env.PATH}` },
          encoding: 'utf8',
        })
        assert.equal(shell.status, 2, shell.stderr)
        assert.match(shell.stderr, /^firn: Standard output cannot be written, .*ENOSPC.*\.$/m)
      }
    })

    test('what a killed one left is removed by the next', async () => {
      const folder = await bench.tree({ 'default.nix': 'builtins.trace "begun" { a = throw "x"; }' })
      const temporary = join(bench.folder, 'temporary')
      await mkdir(temporary)
      const killed = bench.start(['eval', folder], { TMPDIR: temporary })
      await killed.printed('begun')
      killed.child.kill('SIGKILL')
      await killed.ended
      assert.notDeepEqual(await readdir(temporary), [])
      assert.equal((await bench.start(['eval', folder], { TMPDIR: temporary }).ended).status, 1)
      assert.deepEqual(await readdir(temporary), [])
    })

    test('a reader that goes away ends it without a trace', async () => {
      const folder = await bench.tree({
        'default.nix': `builtins.listToAttrs (builtins.genList (i: { name = "n\${toString i}"; value = throw "x"; }) 5000)`,
      })
      const main = new URL('../main.ts', import.meta.url).pathname
      const command = `"${process.execPath}" "${main}" eval --json "${folder}" | head -n 1`
      const { stdout, stderr } = await promisify(execFile)('sh', ['-c', command], {
        env: { ...process.env, PATH: `${nix.binDir}:${process.env.PATH}` },
      })
      assert.equal(eventsOf({ stdout, stderr, status: 0 }).length, 1)
      assert.doesNotMatch(stderr, /EPIPE|Error/)
    })
  })
}

import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { processesWith } from '@firn/agent/testing/processes'
import { layeredProject } from '@firn/testkit/fixtures'
import { listProcesses } from '@firn/testkit/processes'
import { examples, type FirnBench, nixBuild, openFirnBench, testNixes } from '../local/testing/firn.ts'

/** Where each text stands in the output, in this order. */
function assertInOrder(stdout: string, ...texts: string[]) {
  let from = 0
  for (const text of texts) {
    const at = stdout.indexOf(text, from)
    assert.ok(at >= 0, `${text} does not follow in ${stdout}`)
    from = at + text.length
  }
}

for (const nix of await testNixes()) {
  describe(`firn run with Nix ${nix.version.text}`, () => {
    let bench: FirnBench
    before(async () => {
      bench = await openFirnBench(nix)
    })
    after(() => bench[Symbol.asyncDispose]())

    test('examples/hello is green: 0', async () => {
      const { status, stdout } = await bench.firn('run', `${examples}hello`)
      assert.equal(status, 0, stdout)
      assertInOrder(
        stdout,
        '#1 configuration: ● The configuration declares 1 job for a push.\n',
        '#2 onPush.default: ● All 12 built.\n',
        '\n#1 configuration — ',
        '\n#2 onPush.default — All 12 built.\n',
        '  ● checks.picture  succeeded',
        'All 2 jobs succeeded.\n',
      )
      assert.doesNotMatch(stdout, /\x1b/)
    })

    test('examples/broken is red in four ways: 1', async () => {
      const { status, stdout } = await bench.firn('run', `${examples}broken`)
      assert.equal(status, 1, stdout)
      assertInOrder(
        stdout,
        '#2 onPush.default — 2 evaluation errors, 1 of 6 builds failed, 1 blocked by it.\n',
        '  ↯ bad.bread  blocked\n',
        '  ✕ bad.label  error\n',
        '  ✕ bad.oven  failed',
        '  ✕ bad.recipe  error\n',
        '  ● good.dough  succeeded',
        '\n  bad.recipe does not evaluate:\n    the recipe for sourdough',
        '\n  broken-oven failed, which blocks bad.bread:\n',
        '    240 degrees\n    error: the fuse has blown',
        '\n1 of 2 jobs failed.\n',
      )
    })

    test('each derivation once, in order of need', async () => {
      const folder = await bench.tree({ 'ci.nix': layeredProject({ layers: 3, width: 4, seconds: 0 }) })
      const { status, stdout } = await bench.firn('run', folder, '--jobs', '3')
      assert.equal(status, 0, stdout)
      const built = Array.from(stdout.matchAll(/^● step-(\d)-(\d) /gm), ([, layer, i]) => [Number(layer), Number(i)])
      assert.equal(new Set(built.map(String)).size, 12)
      assert.equal(built.length, 12)
      for (const [at, [layer = 0, i = 0]] of built.entries()) {
        const before = built.slice(0, at).map(String)
        if (layer > 0) for (const need of [i, (i + 1) % 4]) assert.ok(before.includes(`${layer - 1},${need}`), stdout)
      }
      const again = await bench.firn('run', folder)
      assert.equal(again.status, 0)
      assert.doesNotMatch(again.stdout, /^● step/m)
      assert.match(again.stdout, /All 12 built/)
    })

    test('1.8 marks, foreign platforms, effects', async () => {
      const folder = await bench.tree({
        'ci.nix': `${nixBuild}
          let arm = { system = "aarch64-linux"; }; in
          { herculesCI = { ref, ... }: {
            onPush.marks.outputs = {
              may = build "may" "exit 1" { } // { ignoreFailure = true; };
              must = build "must" "exit 1" { } // { requireFailure = true; };
              shell = build "shell" "exit 1" { needs = make "for-shell"; } // { buildDependenciesOnly = true; };
              mayArm = build "may-arm" "" arm // { ignoreFailure = true; };
              effects.deploy = build "deploy" "exit 1" { needs = make "for-deploy"; } // { isEffect = true; };
            };
            onPush.red.outputs = {
              built = build "built" "echo > $out" { } // { requireFailure = true; };
              arm = build "arm" "" arm;
              above = build "above" "" { needs = build "arm" "" arm; };
              featured = build "featured" "" { requiredSystemFeatures = [ "quantum" ]; };
              effects.deploy = build "deploy2" "" { } // { isEffect = true; };
            };
            onSchedule.nightly.outputs.n = make "nightly";
          }; }`,
      })
      const { status, stdout } = await bench.firn('run', folder)
      assert.equal(status, 1, stdout)
      for (const name of ['for-shell', 'for-deploy']) assert.match(stdout, new RegExp(`^● ${name} `, 'm'))
      for (const name of ['shell', 'deploy', 'arm', 'above'])
        assert.doesNotMatch(stdout, new RegExp(`^● ${name} `, 'm'))
      assertInOrder(
        stdout,
        '\n#1 configuration — ',
        'schedule nightly is not due by a push: --job onSchedule.nightly runs it.\n',
        '\n#2 onPush.marks — ',
        '  ○ effects.deploy  effect\n',
        '  ✕ may  failed, as it may',
        '  ○ mayArm  waiting: no agent for aarch64-linux\n',
        '  ● must  succeeded',
        '  ● shell  succeeded',
        '  effect effects.deploy would run now.\n',
        '\n#3 onPush.red — ',
        'Waiting for agent: none for aarch64-linux is online.',
        '  ○ above  waiting: no agent for aarch64-linux\n',
        '  ○ arm  waiting: no agent for aarch64-linux\n',
        '  ✕ built  failed',
        '  ○ featured  waiting: no agent for x86_64-linux offers feature quantum\n',
        '  effect effects.deploy would not run, since the job is not green.\n',
        '\n1 of 3 jobs failed.\n',
      )
      const scheduled = await bench.firn('run', folder, '--job', 'onSchedule.nightly')
      assert.equal(scheduled.status, 0)
      assertInOrder(
        scheduled.stdout,
        '● nightly ',
        '\n#1 onSchedule.nightly — 1 of 1 built.\n',
        '\nThe job succeeded.\n',
      )
    })

    test('builds begin while evaluation waits for an import; a failed import shows its log', async () => {
      const folder = await bench.tree({
        'default.nix': `${nixBuild}{
          late = import (build "slow" "sleep 1; echo '{ make }: make \\"late\\"' > $out" { }) { inherit make; };
          early = make "early";
          bad = import (build "bad-import" "echo the reason why; exit 1" { });
        }`,
      })
      const { status, stdout } = await bench.firn('run', folder, '--jobs', '2')
      assert.equal(status, 1, stdout)
      assertInOrder(stdout, '● early ', '● slow ', '● late ', '\n#1 legacy — ')
      assertInOrder(stdout, '\n  bad does not evaluate:\n', 'bad-import.drv, which is required during evaluation')
      assertInOrder(stdout, '\n  bad-import failed:\n', '    the reason why\n')
    })

    test('a file without a configuration is called so from the beginning, also when nothing is in it', async () => {
      const empty = await bench.firn('run', await bench.tree({ 'default.nix': '{ }' }))
      assert.equal(empty.status, 0, empty.stdout)
      assertInOrder(
        empty.stdout,

        '#1 legacy: ● Nothing to build.\n',
        '#1 legacy — Nothing to build.\n',
      )
      const mixed = await bench.firn(
        'run',
        await bench.tree({ 'default.nix': `${nixBuild}{ a = make "a"; b = throw "x"; }` }),
      )
      for (const { stdout } of [empty, mixed]) assert.doesNotMatch(stdout, /configuration/)
      const typo = await bench.firn('run', await bench.tree({ 'default.nix': '{ }' }), '--job', 'onPush.typo')
      assert.equal(typo.status, 2)
      assert.match(typo.stderr, /^firn: There is no onPush\.typo: the file has no herculesCI attribute\./)
    })

    test('a configuration with an error starts nothing', async () => {
      const folder = await bench.tree({
        'ci.nix': `${nixBuild}{ herculesCI = { onPush.a.outputs.x = make "x"; onSchedule.b = { when.hour = 99; outputs = { }; }; }; }`,
      })
      const { status, stdout } = await bench.firn('run', folder)
      assert.equal(status, 1)
      assert.match(stdout, /hour value 99 is out of range/)
      assert.doesNotMatch(stdout, /#2/)
    })

    test('nothing to evaluate: 1; nothing to begin with: 2', async () => {
      const nothing = await bench.firn('run', await bench.tree({ README: '' }))
      assert.equal(nothing.status, 1)
      assert.match(nothing.stdout, /Please provide a Nix expression/)
      for (const args of [['/nowhere'], ['--jobs', '0', examples], ['--job', 'x.y', examples]]) {
        const { status, stderr } = await bench.firn('run', ...args)
        assert.equal(status, 2)
        assert.match(stderr, /^firn: /)
      }
    })

    test('a build whose daemon dies is nobody’s fault: it is done again', async () => {
      const folder = await bench.tree({
        'default.nix': `${nixBuild}build "lone" "sleep 1; : mark-@salt@; echo > $out" { }`,
      })
      const mark = `mark-${folder.split('/').at(-2)}`
      const running = bench.start(['run', folder])
      let builder: number | undefined
      while (builder === undefined) {
        builder = (await listProcesses()).find(({ command }) => command.includes(mark))?.pid
        await nextTurn()
      }
      const daemon = (await listProcesses()).find(({ pid }) => pid === builder)?.parent ?? 0
      process.kill(daemon, 'SIGKILL')
      const { status, stdout } = await running.ended
      assert.equal(status, 0, stdout)
      assertInOrder(stdout, '● lone  ', '#1 legacy: ● 1 of 1 built.')
    })

    test('Ctrl-C ends builders within seconds, says what was left, and leaves no process', async () => {
      const folder = await bench.tree({
        'default.nix': `${nixBuild}{
          a = build "long" "echo begun; sleep 1000; : mark-@salt@" { };
          b = build "next" "" { needs = build "long" "echo begun; sleep 1000; : mark-@salt@" { }; };
        }`,
      })
      const mark = `mark-${folder.split('/').at(-2)}`
      const running = bench.start(['run', folder])
      // Builds begin while the evaluation goes on: what is left is known once it has ended.
      await running.printed('#1 legacy: building')
      while (processesWith(mark).length === 0) await nextTurn()
      const begun = performance.now()
      running.child.kill('SIGINT')
      const { status, stdout } = await running.ended
      assert.equal(status, 130, stdout)
      assert.ok(performance.now() - begun < 10_000)
      assert.match(stdout, /Stopped: 1 running build ended, 1 build not begun\.\n$/)
      assert.deepEqual(processesWith(mark), [])
    })
  })
}

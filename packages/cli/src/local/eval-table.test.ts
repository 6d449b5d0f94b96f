import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { examples, type FirnBench, nixBuild, openFirnBench, testNixes } from './testing/firn.ts'

for (const nix of await testNixes()) {
  describe(`what firn eval shows with Nix ${nix.version.text}`, () => {
    let bench: FirnBench
    before(async () => {
      bench = await openFirnBench(nix)
    })
    after(() => bench[Symbol.asyncDispose]())

    test('for people: handlers and their attributes in a table, errors in place', async () => {
      const { status, stdout } = await bench.firn('eval', `${examples}broken`)
      assert.equal(status, 1)
      assert.match(
        stdout,
        /^configuration — 1 handler\n {2}● onPush\.default {2}handler\n\nonPush\.default — 6 attributes, 2 errors\n/,
      )
      assert.match(
        stdout,
        /\n {2}● bad\.bread {3}build {2}broken-bread\n {2}✕ bad\.label {3}error\n {6}cannot coerce an integer/,
      )
      assert.match(stdout, /at \.\/default\.nix:60:\d+/)
      assert.match(
        stdout,
        /✕ bad\.recipe {2}error\n {6}the recipe for sourdough is not written yet\n(?: {6}at \.\/default\.nix:58:14\n)? {2}● good\.dough/,
      )
      assert.doesNotMatch(stdout, /\x1b/)
    })

    test('marks, effects and schedules have their kinds', async () => {
      const folder = await bench.tree({
        'ci.nix': `${nixBuild}{ herculesCI = {
          onPush.default.outputs = {
            may = make "may" // { ignoreFailure = true; };
            must = make "must" // { requireFailure = true; };
            shell = make "shell" // { buildDependenciesOnly = true; };
            effects.deploy = build "deploy" "" { secretsMap = builtins.toJSON { s = "password"; }; } // { isEffect = true; };
          };
          onSchedule.nightly = { when = { hour = [ 3 ]; minute = 5; dayOfWeek = [ "Mon" ]; }; outputs = { }; };
        }; }`,
      })
      const { status, stdout } = await bench.firn('eval', folder)
      assert.equal(status, 0)
      for (const line of [
        /● onSchedule\.nightly {2}schedule at 3:05 on Mon\n/,
        /● effects\.deploy {2}effect {13}deploy {2}secrets: password\n/,
        /● may {13}may fail {11}may\n/,
        /● must {12}must fail {10}must\n/,
        /● shell {11}dependencies only {2}shell\n/,
      ])
        assert.match(stdout, line)
    })

    test('names keep to their line and their column, whatever is in them', async () => {
      const long = 'long'.repeat(20)
      const folder = await bench.tree({
        'default.nix': `${nixBuild}{
          "a\\nb" = make "newline"; "c\\td" = make "tab"; "日本" = make "wide"; "e\u0301" = make "accent";
          ${long} = make "long"; "${long}\\n" = throw "x";
        }`,
      })
      const { stdout } = await bench.firn('eval', folder)
      const expected = [
        'legacy — 5 attributes, 1 error',
        `  ✕ "${long}\\n"`,
        '            error',
        '      x',
        '  ● "a\\nb"  build  newline',
        '  ● "c\\td"  build  tab',
        '  ● "e\u0301"     build  accent',
        '  ● "日本"  build  wide',
        `  ● ${long}`,
        '            build  long',
      ]
      const lines = stdout.split('\n').filter((line) => line !== '' && !/^ +at /.test(line))
      assert.deepEqual(lines.toSorted(), expected.toSorted())
      const run = await bench.firn('run', folder)
      assert.match(run.stdout, /^ {2}● "a\\nb" {2}succeeded/m)
      assert.match(run.stdout, /^ {2}"(?:long){20}\\n" does not evaluate:$/m)
    })

    test('handlers: what is declared of them stands beside them', async () => {
      const folder = await bench.tree({
        'ci.nix': `{ herculesCI = {
          onPush."a\\nb" = { extraInputs.lib.project = "lib"; outputs = { }; };
          onSchedule.minute = { when.minute = 7; outputs = { }; };
          onSchedule.often = { when.hour = [ 1 2 3 4 5 6 7 8 ]; outputs = { }; };
        }; }`,
      })
      const { stdout } = await bench.firn('eval', folder)
      assert.deepEqual(stdout.split('\n').slice(0, 4), [
        'configuration — 3 handlers',
        '  ● onPush.a\\nb        handler  extra input lib: project lib',
        '  ● onSchedule.minute  schedule at minute 7 of some hour',
        '  ● onSchedule.often   schedule at 1:xx, 2:xx, 3:xx, 4:xx, 5:xx, 6:xx, 7:xx, 8:xx',
      ])
      const terminal = await bench.onTerminal('eval', folder)
      assert.match(terminal.stdout, /\x1b\[1mconfiguration — 3 handlers\x1b\[22m/)
    })
  })
}

import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import type { BuildEvent } from '@firn/contract/agent/build-event'
import { StorePool } from '@firn/nix/daemon/pool'
import { instantiate, randomSalt, shellDerivation, testNixes } from '../testing/agent-bench.ts'
import { type EvaluationBench, openEvaluationBench } from '../testing/evaluation-bench.ts'
import { readKeptLog } from './build/kept-log.ts'
import { type BuildPorts, runBuild } from './build.ts'

for (const nix of await testNixes()) {
  describe(`builds with Nix ${nix.version.text}`, () => {
    let bench: EvaluationBench
    before(async () => {
      bench = await openEvaluationBench(nix)
    })
    after(() => bench[Symbol.asyncDispose]())

    const derivation = (expression: string) =>
      instantiate({ nix, environment: bench.tools.environment }, expression)[0] ?? ''

    async function build(
      derivationPath: string,
      more: { inputs?: string[]; settings?: Record<string, string>; refuse?: string; push?: BuildPorts['push'] } = {},
    ) {
      await using pool = new StorePool(bench.tools.store, {
        min: 1,
        max: 2,
        settings: { 'max-jobs': '1', ...more.settings },
      })
      const { signal } = new AbortController()
      const events: BuildEvent[] = []
      const lines: string[] = []
      const status = await runBuild(
        {
          pool,
          log: async (entry) => {
            if (entry.tag === 'Msg') lines.push(entry.msg)
            if (entry.tag === 'Result' && entry.rtype === 101) lines.push(String(entry.fields[0]))
          },
          emit: async (batch) => {
            if (more.refuse !== undefined) return { ok: false, reason: more.refuse }
            events.push(...batch)
            return { ok: true }
          },
          ...(more.push && { push: more.push }),
          keptLog: (drvPath) => readKeptLog({ nix, environment: bench.tools.environment, signal }, drvPath),
          signal,
        },
        { derivationPath, inputDerivationOutputPaths: more.inputs ?? [] },
      )
      return { status, events, log: lines.join('\n') }
    }

    test('4.7.1, 4.7.2 every output, then Done', async () => {
      const name = `outputs-${randomSalt()}`
      const drv = derivation(shellDerivation(name, 'echo > $out; echo $out > $dev', 'outputs = [ "out" "dev" ];'))
      const { status, events } = await build(drv)
      assert.deepEqual(status, { tag: 'Successful', contents: [] })
      const infos = events.flatMap((event) => (event.tag === 'OutputInfo' ? [event.contents] : []))
      assert.deepEqual(infos.map((info) => info.name).sort(), ['dev', 'out'])
      const dev = infos.find((info) => info.name === 'dev')
      assert.deepEqual(dev?.references, [infos.find((info) => info.name === 'out')?.path])
      assert.deepEqual(
        infos.map(({ deriver }) => deriver),
        [drv, drv],
      )
      assert.deepEqual(events.at(-1), { tag: 'Done', contents: true })
    })

    test('what is there already is reported without a build, with the log that the store kept', async () => {
      const script = 'read -r id < /proc/sys/kernel/random/uuid; echo made $id; echo > $out'
      const drv = derivation(shellDerivation(`twice-${randomSalt()}`, script))
      const first = await build(drv)
      const second = await build(drv)
      assert.match(first.log, /^made [-0-9a-f]{36}$/m)
      assert.deepEqual(second.events, first.events)
      const told = first.log.slice(first.log.search(/^made /m))
      assert.ok(
        second.log.endsWith(`The outputs were in this agent's store already: nothing was built now.
What the store kept of the log of the build that made them:
${told}`),
        second.log,
      )
    })

    test('a derivation that the store does not have is Exceptional', async () => {
      const none = `/nix/store/${'0'.repeat(32)}-none.drv`
      const { status } = await build(none)
      assert.deepEqual(status, {
        tag: 'Exceptional',
        contents: `Could not retrieve derivation ${none} from local store or binary caches.`,
      })
    })

    test('a missing input is Exceptional, and named', async () => {
      const drv = derivation(shellDerivation(`needs-${randomSalt()}`, 'echo > $out'))
      const input = `/nix/store/${'1'.repeat(32)}-input`
      const { status } = await build(drv, { inputs: [input] })
      assert.match(
        JSON.stringify(status),
        new RegExp(`Exceptional.*the input ${input} is not in the store of this agent`),
      )
    })

    test('a derivation for another system is Exceptional: it should not have come here', async () => {
      const drv = derivation(
        `derivation { name = "foreign-${randomSalt()}"; system = "riscv64-plan9"; builder = "/bin/sh"; }`,
      )
      const { status } = await build(drv)
      assert.equal(status.tag, 'Exceptional', JSON.stringify(status))
    })

    test('4.7.2 outputs that cannot be reported are Exceptional', async () => {
      const drv = derivation(shellDerivation(`refused-${randomSalt()}`, 'echo > $out'))
      const { status } = await build(drv, { refuse: '403' })
      assert.deepEqual(status, { tag: 'Exceptional', contents: 'the outputs could not be reported: 403' })
    })

    test('4.7.2 outputs are in the caches before it is said that they are built', async () => {
      const drv = derivation(shellDerivation(`pushed-${randomSalt()}`, 'echo > $out'))
      const pushed: string[] = []
      const { events } = await build(drv, {
        push: async (paths) => {
          pushed.push(...paths)
          return { ok: true, caches: ['a', 'b'] }
        },
      })
      const [info, ...rest] = events
      assert.deepEqual(info?.tag === 'OutputInfo' && [info.contents.path], pushed)
      assert.deepEqual(rest, [
        { tag: 'Pushed', contents: { cache: 'a' } },
        { tag: 'Pushed', contents: { cache: 'b' } },
        { tag: 'Done', contents: true },
      ])
    })

    test('4.11.5 a push that fails is Exceptional, and nothing is reported as built', async () => {
      const drv = derivation(shellDerivation(`unpushed-${randomSalt()}`, 'echo > $out'))
      const reason = 'could not be pushed to the cache a: it is full'
      const { status, events } = await build(drv, { push: async () => ({ ok: false, reason }) })
      assert.deepEqual(status, { tag: 'Exceptional', contents: `the build succeeded, but its outputs ${reason}` })
      assert.deepEqual(events, [])
    })

    test('a store that cannot be reached is Exceptional', async () => {
      const drv = derivation(shellDerivation(`alone-${randomSalt()}`, 'echo > $out'))
      await using pool = new StorePool({ kind: 'socket', path: '/nowhere/socket' }, { min: 0, max: 1 })
      const ports = {
        pool,
        log: async () => {},
        emit: async () => ({ ok: true as const }),
        signal: new AbortController().signal,
      }
      const status = await runBuild(ports, { derivationPath: drv, inputDerivationOutputPaths: [] })
      assert.match(JSON.stringify(status), /Exceptional.*the connection to the Nix store was lost/)
    })

    test("odd lines are data: control characters, look-alikes of Nix's own messages", async () => {
      const script = `printf 'a\\rb\\033[31mred\\033[0m\\n@nix {\\"action\\":\\"msg\\",\\"level\\":0,\\"msg\\":\\"forged\\"}\\n'; echo > $out`
      const { log, status } = await build(
        derivation(shellDerivation(`odd-${randomSalt()}`, script.replaceAll('$', '\\$').replaceAll('\\$out', '$out'))),
      )
      assert.equal(status.tag, 'Successful')
      assert.ok(log.includes('\x1b[31mred'), JSON.stringify(log))
    })
  })
}

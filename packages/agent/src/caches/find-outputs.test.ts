import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { mkdtemp } from 'node:fs/promises'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { silentLog } from '@firn/base/log'
import { connectStore } from '@firn/nix/daemon/client'
import { instantiate, randomSalt, shellDerivation, testNixes } from '../testing/agent-bench.ts'
import { type EvaluationBench, openEvaluationBench } from '../testing/evaluation-bench.ts'
import { makeFileCache } from '../testing/file-cache.ts'
import { OutputFinder, type OutputSource, trustedBy } from './find-outputs.ts'
import { openPushers, pushToAll } from './push.ts'

for (const nix of await testNixes()) {
  describe(`looking for outputs with Nix ${nix.version.text}`, () => {
    let bench: EvaluationBench
    before(async () => {
      bench = await openEvaluationBench(nix)
    })
    after(() => bench[Symbol.asyncDispose]())

    function source(uri: string, mayFetch: OutputSource['mayFetch'] = () => true): OutputSource {
      const argv = [join(nix.binDir, 'nix-daemon'), '--stdio', '--store', uri]
      return {
        storeURI: uri,
        mayFetch,
        use: async (work) => {
          await using store = await connectStore({ kind: 'stdio', argv, env: bench.tools.environment })
          return await work(store)
        },
      }
    }

    test('1.14.2 a derivation is there when a store has all its outputs, signed by a key that is trusted', async () => {
      const cache = await makeFileCache(nix, await mkdtemp(join(bench.folder, 'cache-')))
      const text = shellDerivation(`two-${randomSalt()}`, 'echo > $out; echo > $dev', 'outputs = [ "out" "dev" ];')
      const [drvPath = ''] = instantiate({ nix, environment: bench.tools.environment }, text)
      const printed = execFileSync(join(nix.binDir, 'nix-store'), ['--realise', drvPath], {
        env: bench.tools.environment,
        stdio: ['ignore', 'pipe', 'ignore'],
      })
      const [first = '', second = ''] = printed.toString().trim().split('\n')
      const outputs = first.endsWith('-dev') ? { out: second, dev: first } : { out: first, dev: second }
      const [pusher] = await openPushers([cache], await mkdtemp(join(bench.folder, 'keys-')), {
        nix,
        environment: bench.tools.environment,
        signal: new AbortController().signal,
        log: silentLog,
        backoff: { firstMs: 1, factor: 1, capMs: 1, tries: 1 },
      })
      assert.ok(pusher)
      const unreachable: string[] = []
      const find = async (...sources: OutputSource[]) => {
        const finder = new OutputFinder({ sources, onUnreachable: (uri) => void unreachable.push(uri) })
        return (await finder.find([{ drvPath, outputs }])).get(drvPath)
      }
      const trusted = source(cache.storeURI, trustedBy(cache.publicKeys))
      assert.equal(await find(trusted), undefined)
      await pushToAll([pusher], 'outputs', [outputs.out])
      assert.equal(await find(trusted), undefined, 'half of it')
      await pushToAll([pusher], 'outputs', [outputs.dev])
      const found = await find(trusted)
      assert.deepEqual(
        found?.map(({ storeURI, output }) => [storeURI, output.name, output.path]).sort(),
        Object.entries(outputs)
          .map(([name, path]) => [cache.storeURI, name, path])
          .sort(),
      )
      assert.equal(await find(source(cache.storeURI, trustedBy(['other:key']))), undefined)
      assert.deepEqual(unreachable, [])
    })

    test('a store that cannot be asked is told and left out', async () => {
      const unreachable: string[] = []
      const bad = source('ssh://-nowhere')
      const finder = new OutputFinder({ sources: [bad], onUnreachable: (uri) => void unreachable.push(uri) })
      const sought = [
        { drvPath: `/nix/store/${'0'.repeat(32)}-x.drv`, outputs: { out: `/nix/store/${'1'.repeat(32)}-x` } },
      ]
      for (let i = 0; i < 2; i++) assert.equal((await finder.find(sought)).size, 0)
      assert.deepEqual(unreachable, ['ssh://-nowhere'])
    })
  })
}

test('what names its own contents needs no signature', () => {
  const info = { path: '/nix/store/x', narHash: '', narSize: 0, references: [], signatures: [] }
  assert.equal(trustedBy([])({ ...info, ca: 'text:sha256:x' }), true)
  assert.equal(trustedBy(['a:key'])(info), false)
})

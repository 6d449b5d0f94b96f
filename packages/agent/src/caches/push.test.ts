import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { mkdtemp, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { silentLog } from '@firn/base/log'
import { instantiate, randomSalt, shellDerivation, testNixes } from '../testing/agent-bench.ts'
import { type EvaluationBench, openEvaluationBench } from '../testing/evaluation-bench.ts'
import { makeFileCache } from '../testing/file-cache.ts'
import { pushUri } from './copy.ts'
import { openPushers, pushToAll } from './push.ts'
import type { Cache } from './read-caches.ts'

for (const nix of await testNixes()) {
  describe(`pushing with Nix ${nix.version.text}`, () => {
    let bench: EvaluationBench
    before(async () => {
      bench = await openEvaluationBench(nix)
    })
    after(() => bench[Symbol.asyncDispose]())

    async function open(caches: readonly Cache[], signal = new AbortController().signal) {
      const folder = await mkdtemp(join(bench.folder, 'keys-'))
      return await openPushers(caches, folder, {
        nix,
        environment: bench.tools.environment,
        signal,
        log: silentLog,
        backoff: { firstMs: 1, factor: 1, capMs: 1, tries: 2 },
      })
    }

    /** Two derivations, of which one needs the other, and their outputs. */
    function built() {
      const salt = randomSalt()
      const dep = shellDerivation(`dep-${salt}`, 'echo dep > $out')
      const text = shellDerivation(`top-${salt}`, 'echo $dep > $out', `dep = ${dep};`)
      const [drv = ''] = instantiate({ nix, environment: bench.tools.environment }, text)
      const printed = execFileSync(join(nix.binDir, 'nix-store'), ['--realise', drv], {
        env: bench.tools.environment,
        stdio: ['ignore', 'pipe', 'ignore'],
      })
      return { drv, out: printed.toString().trim() }
    }

    const names = (paths: Iterable<string>) =>
      [...paths].map((path) => path.replace(/^.{44}|-s[0-9a-f]{16}/g, '')).sort()

    test('4.11.1 outputs go with their closure, signed by each key; zstd where nothing is said', async () => {
      const parent = await mkdtemp(join(bench.folder, 'cache-'))
      const ours = await makeFileCache(nix, parent)
      const second = await makeFileCache(nix, parent, 'second')
      const { out } = built()
      const both = { ...ours, signingKeys: [...ours.signingKeys, ...second.signingKeys] }
      const pushers = await open([both, second])
      assert.deepEqual(await pushToAll(pushers, 'outputs', [out]), { ok: true, caches: ['ours', 'second'] })
      const contents = await ours.contents()
      assert.deepEqual(names(contents.keys()), ['dep', 'top'])
      for (const info of contents.values()) {
        assert.match(info, /^Sig: .*ours:/m)
        assert.match(info, /^Sig: .*second:/m)
        assert.match(info, /^Compression: zstd$/m)
      }
      assert.deepEqual(names((await second.contents()).keys()), ['dep', 'top'])
    })

    test('1.14.1 of derivations the files go, with those that they need, and no outputs', async () => {
      const parent = await mkdtemp(join(bench.folder, 'cache-'))
      const ours = await makeFileCache(nix, parent)
      const { drv } = built()
      const pushed = await pushToAll(await open([ours]), 'derivations', [drv])
      assert.deepEqual(pushed, { ok: true, caches: ['ours'] })
      assert.deepEqual(names((await ours.contents()).keys()), ['dep.drv', 'top.drv'])
    })

    test('4.11.5 what cannot be pushed fails alone, with a sentence that names the cache', async () => {
      const parent = await mkdtemp(join(bench.folder, 'cache-'))
      const ours = await makeFileCache(nix, parent)
      const pushers = await open([ours])
      const { out } = built()
      const none = `/nix/store/${'0'.repeat(32)}-none`
      const first = pushToAll(pushers, 'outputs', [built().out]) // the others come while this one is under way
      const [bad, good] = await Promise.all([
        pushToAll(pushers, 'outputs', [none]),
        pushToAll(pushers, 'outputs', [out]),
        first,
      ])
      assert.equal(good.ok, true)
      assert.match(bad.ok ? '' : bad.reason, /^could not be pushed to the cache ours: .*-none/s)
    })

    test('a cache that cannot be written is told after the tries', async () => {
      const file = join(bench.folder, 'a-file')
      await writeFile(file, '')
      const cache = { name: 'full', storeURI: `file://${file}/cache`, signingKeys: [], publicKeys: [] }
      const pushed = await pushToAll(await open([cache]), 'outputs', [built().out])
      assert.match(pushed.ok ? '' : pushed.reason, /^could not be pushed to the cache full: .*Not a directory/is)
    })
  })
}

test('stores of other kinds, and a chosen compression, stay as they are', () => {
  assert.equal(pushUri('s3://bucket?region=x'), 's3://bucket?region=x&compression=zstd')
  for (const uri of ['ssh://host', 'daemon', '/some/root', 'file:///c?compression=none'])
    assert.equal(pushUri(uri), uri)
})

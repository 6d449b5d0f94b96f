import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { readAgentInfo } from './agent-info.ts'
import { openBench, testNixes } from './testing/agent-bench.ts'

for (const nix of await testNixes()) {
  test(`4.3.7, 1.12.9 platforms, features and substituters are those of Nix ${nix.version.text}'s configuration`, async () => {
    await using bench = await openBench(nix)
    writeFileSync(
      join(bench.folder, 'nix.conf'),
      `system = x86_64-linux
extra-platforms = i686-linux
system-features = kvm special
max-silent-time = 77
fallback = true
substituters = https://user:secret@cache.example https://open.example
trusted-public-keys = open:key
`,
    )
    const cache = { name: 'ours', storeURI: 'file:///srv/cache', signingKeys: [], publicKeys: ['ours:key'] }
    const config = { ...bench.config, remotePlatformsWithSameFeatures: ['aarch64-linux', 'i686-linux'] }
    const read = await readAgentInfo(config, nix, [cache])
    assert.ok(read.ok)
    assert.deepEqual([read.nixSettings['max-silent-time'], read.nixSettings.fallback], ['77', 'true'])
    const { platforms, systemFeatures, substituters, pushCaches } = read.info
    assert.deepEqual(platforms, ['x86_64-linux', 'i686-linux', 'aarch64-linux'])
    assert.deepEqual([...systemFeatures].sort(), ['kvm', 'special'])
    assert.deepEqual(pushCaches, ['ours'])
    assert.deepEqual(substituters, [
      'file:///srv/cache',
      '<URI censored; might contain secret>',
      'https://open.example',
    ])
    assert.deepEqual(read.fetching.substituters, [
      'file:///srv/cache',
      'https://user:secret@cache.example',
      'https://open.example',
    ])
    assert.deepEqual(read.fetching.publicKeys, ['ours:key', 'open:key'])
  })
}

test('a Nix that does not tell its configuration is an answer, not an exception', async () => {
  const [nix] = await testNixes()
  assert.ok(nix)
  await using bench = await openBench(nix)
  const read = await readAgentInfo(bench.config, { ...nix, binDir: bench.folder }, [])
  assert.ok(!read.ok)
  assert.match(read.reason, /does not tell its configuration/)
})

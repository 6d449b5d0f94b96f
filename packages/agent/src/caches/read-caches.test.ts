import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { readCaches } from './read-caches.ts'

let folder = ''
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'firn-caches-'))
})
after(() => rm(folder, { recursive: true }))

async function read(contents: unknown) {
  const file = join(folder, 'binary-caches.json')
  await writeFile(file, typeof contents === 'string' ? contents : JSON.stringify(contents))
  return await readCaches(file)
}

const ours = { kind: 'NixCache', storeURI: 'file:///srv/cache', signingKeys: ['k:secret'], publicKeys: ['k:public'] }

async function refusal(contents: unknown): Promise<string> {
  const result = await read(contents)
  assert.ok(!result.ok, JSON.stringify(result))
  assert.ok(result.reason.startsWith(`${folder}/binary-caches.json: `), result.reason)
  return result.reason
}

test('4.2.4 a NixCache has a store URI, signing keys and public keys', async () => {
  const { kind: _, ...cache } = ours
  assert.deepEqual(await read({ ours }), { ok: true, caches: [{ name: 'ours', ...cache }], warnings: [] })
  for (const key of ['storeURI', 'signingKeys', 'publicKeys'])
    assert.match(await refusal({ ours: { ...ours, [key]: undefined } }), new RegExp(`the cache ours: .*${key}`, 's'))
})

test('4.2.5 an unknown kind is skipped with a warning, which names it', async () => {
  const result = await read({ ours, other: { kind: 'AtticCache', token: 'x' } })
  assert.ok(result.ok)
  assert.deepEqual(
    result.caches.map(({ name }) => name),
    ['ours'],
  )
  assert.match(result.warnings.join(), /the cache other is skipped: its kind AtticCache is not known/)
})

test('4.2.5 an apiVersion is refused', async () => {
  assert.match(await refusal({ apiVersion: '1', ours }), /it has an apiVersion/)
})

test('4.2.5 no cache at all is valid, with a warning', async () => {
  const result = await read({})
  assert.ok(result.ok)
  assert.match(result.warnings.join(), /names no cache: several agents work together only if they share one store/)
})

test('4.1.2 a missing file means that there are no caches', async () => {
  assert.deepEqual(await readCaches(join(folder, 'none.json')), { ok: true, caches: [], warnings: [] })
})

test('a Cachix cache is refused with a sentence, and so is what is not JSON or no file', async () => {
  const cachix = { kind: 'CachixCache', signingKeys: [], publicKeys: ['c:key'] }
  assert.match(await refusal({ c: cachix }), /the cache c is a CachixCache, which this version .* yet; remove it/)
  assert.match(await refusal({ c: { kind: 'CachixCache' } }), /the cache c: .*publicKeys/s)
  assert.match(await refusal('{'), /it is not JSON/)
  assert.match(await refusal('[]'), /./)
  const at = await readCaches(folder)
  assert.match(at.ok ? '' : at.reason, /it cannot be read/)
})

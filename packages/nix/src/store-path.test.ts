import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { decodeNix32, encodeNix32 } from './nix32.ts'
import { isDrvPath, normaliseHash, parseStorePath, storePathOf, textStorePath } from './store-path.ts'

test('nix32 is read back as it was written', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 70 }), (bytes) => {
      assert.deepEqual(decodeNix32(encodeNix32(bytes)), bytes)
    }),
  )
})

test('one digest has the same nix32 as Nix gives it', () => {
  const empty = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855' // sha256 of nothing
  assert.equal(normaliseHash(`sha256:${empty}`), 'sha256:0mdqa9w1p6cmli6976v4wi0sw9r4p5prkj7lzfd1877wk11c9c73')
  assert.equal(normaliseHash('sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU='), normaliseHash(`sha256:${empty}`))
})

test('what is no hash is refused', () => {
  for (const text of ['', 'sha256:', 'sha256:zz', 'sha3:00', `sha256:${'e'.repeat(52)}`, `md5:${'0'.repeat(33)}`]) {
    assert.equal(normaliseHash(text), undefined, text)
  }
})

test('a store path has a hash part and a name', () => {
  const path = '/nix/store/3d2hr5lql6siqm8yfbiwb33r5f2ranap-hello-1.0'
  assert.deepEqual(parseStorePath(path), { path, hashPart: '3d2hr5lql6siqm8yfbiwb33r5f2ranap', name: 'hello-1.0' })
  assert.equal(storePathOf(`${path}/bin/hello`), path)
  assert.equal(isDrvPath(path), false)
  assert.equal(isDrvPath(`${path}.drv`), true)
})

test('paths that only look like store paths are refused', () => {
  const hash = '3d2hr5lql6siqm8yfbiwb33r5f2ranap'
  const wrong = [
    `/nix/store/${hash}`,
    `/nix/store/${hash}-`,
    `/nix/store/${hash}-..`,
    `/nix/store/${hash}-a/b`,
    `/nix/store/${hash}-a\n`,
  ]
  for (const path of [
    ...wrong,
    `/nix/store/${'e'.repeat(32)}-a`,
    `/tmp/${hash}-a`,
    `/nix/store/${hash}-${'a'.repeat(212)}`,
  ]) {
    assert.equal(parseStorePath(path), undefined, path)
  }
})

test('the path of a text is the one that Nix gives builtins.toFile', () => {
  // nix-instantiate --eval -E 'builtins.toFile "firn-test" "hello\n"'
  assert.equal(
    textStorePath('firn-test', Buffer.from('hello\n'), []),
    '/nix/store/rmdxyiis5h6qa87ygb274hy4xm1kmbcp-firn-test',
  )
})

import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { test } from 'node:test'
import fc from 'fast-check'
import { instantiate, randomSalt, testNixes } from '../test/nixes.ts'
import { type Derivation, derivationMaxBytes, isFixed, parseDerivation, requiredSystemFeatures } from './derivation.ts'

const nixes = await testNixes()

const drvPath = '/nix/store/3d2hr5lql6siqm8yfbiwb33r5f2ranap-a.drv'
const outPath = '/nix/store/49yz3sc2899g1mr6g1lrsfldxlgbyyfj-a'

function aterm(parts: { outputs?: string; inputs?: string; env?: string } = {}): string {
  const { outputs = `("out","${outPath}","","")`, inputs = `("${drvPath}",["out"])`, env = '("a","b")' } = parts
  return `Derive([${outputs}],[${inputs}],["${outPath}"],"x86_64-linux","/bin/sh",["-c","true"],[${env}])`
}

function parsed(text: string): Derivation {
  const result = parseDerivation(Buffer.from(text))
  assert(result.ok, JSON.stringify(result))
  return result.derivation
}

function reason(text: string | Buffer): string {
  const result = parseDerivation(Buffer.from(text))
  assert(!result.ok)
  return result.reason
}

test('all parts of a derivation are read', () => {
  const derivation = parsed(aterm())
  assert.deepEqual({ ...derivation.outputs }, { out: { path: outPath } })
  assert.deepEqual({ ...derivation.inputDrvs }, { [drvPath]: ['out'] })
  assert.deepEqual(derivation.inputSrcs, [outPath])
  assert.deepEqual(
    [derivation.system, derivation.builder, derivation.args],
    ['x86_64-linux', '/bin/sh', ['-c', 'true']],
  )
  assert.deepEqual({ ...derivation.env }, { a: 'b' })
})

test('any text comes back from a string', () => {
  const escaped = (text: string) =>
    text.replace(/[\\"]/g, '\\$&').replace(/\n/g, '\\n').replace(/\r/g, '\\r').replace(/\t/g, '\\t')
  const anyText = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.string({ unit: fc.constantFrom('\\', '"', '\n', '\r', '\t', 'a', 'é') }),
  )
  fc.assert(
    fc.property(anyText, anyText, (name, value) => {
      assert.equal(parsed(aterm({ env: `("${escaped(name)}","${escaped(value)}")` })).env[name], value)
    }),
  )
})

test('a name like __proto__ is a name like any other', () => {
  const { env } = parsed(aterm({ env: '("__proto__","x"),("constructor","y")' }))
  assert.deepEqual(Object.entries(env), [
    ['__proto__', 'x'],
    ['constructor', 'y'],
  ])
})

test('what is cut short or has something after it is refused', () => {
  const text = aterm()
  for (let length = 0; length < text.length; length++)
    assert.match(reason(text.slice(0, length)), /^not a derivation: /)
  assert.match(reason(`${text} `), /something follows/)
})

test('noise is refused and never throws', () => {
  fc.assert(fc.property(fc.uint8Array(), (bytes) => void reason(Buffer.from(bytes))))
  const text = Buffer.from(aterm())
  fc.assert(
    fc.property(fc.nat(text.length - 1), fc.nat(255), (at, byte) => {
      const broken = Buffer.from(text)
      broken[at] = byte
      parseDerivation(broken)
    }),
  )
})

test('paths outside the store and names given twice are refused', () => {
  assert.match(reason(aterm({ inputs: '("/etc/passwd.drv",["out"])' })), /not a valid name or path/)
  assert.match(reason(aterm({ outputs: '("../x","","","")' })), /not a valid name or path/)
  assert.match(reason(aterm({ env: '("a","b"),("a","c")' })), /given twice/)
})

test('dynamic and too large derivations are refused with their reason', () => {
  assert.match(reason('DrvWithVersion("xp-dyn-drv",[])'), /dynamic derivations/)
  assert.match(reason(Buffer.alloc(derivationMaxBytes + 1)), /more than/)
})

test('features come from the attribute, from structured attributes, and from outputs without a path', () => {
  assert.deepEqual(
    requiredSystemFeatures(parsed(aterm({ env: '("requiredSystemFeatures"," kvm  big-parallel kvm")' }))),
    ['big-parallel', 'kvm'],
  )
  const json = JSON.stringify(JSON.stringify({ requiredSystemFeatures: ['kvm', 3] }))
  assert.deepEqual(requiredSystemFeatures(parsed(aterm({ env: `("__json",${json})` }))), ['kvm'])
  assert.deepEqual(requiredSystemFeatures(parsed(aterm({ env: '("__json","{broken")' }))), [])
  assert.deepEqual(requiredSystemFeatures(parsed(aterm({ outputs: '("out","","r:sha256","")' }))), ['ca-derivations'])
})

for (const nix of nixes) {
  test(`what Nix ${nix.nix.version.text} writes is read`, async () => {
    const salt = randomSalt()
    const fixed = `derivation { name = "f-${salt}"; system = "x"; builder = "b"; outputHashAlgo = "sha256"; outputHash = "${'0'.repeat(64)}"; }`
    const plain = `derivation { name = "p-${salt}"; system = "x"; builder = "b"; outputs = [ "out" "dev" ]; fixed = ${fixed}; text = "a\\"\\\\\\n\\t"; }`
    const [fixedDrv = '', plainDrv = ''] = await instantiate(nix, `[ (${fixed}) (${plain}) ]`)
    const one = parsed((await readFile(fixedDrv)).toString())
    assert.equal(isFixed(one), true)
    assert.equal(one.outputs.out?.hashAlgo, 'sha256')
    const two = parsed((await readFile(plainDrv)).toString())
    assert.equal(isFixed(two), false)
    assert.deepEqual(Object.keys(two.outputs), ['dev', 'out'])
    assert.deepEqual({ ...two.inputDrvs }, { [fixedDrv]: ['out'] })
    assert.equal(two.env.text, 'a"\\\n\t')
  })
}

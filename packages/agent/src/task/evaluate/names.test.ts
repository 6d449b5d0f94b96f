import assert from 'node:assert/strict'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { testNixes } from '../../testing/agent-bench.ts'
import { type EvaluationBench, evaluateSource, openEvaluationBench } from '../../testing/evaluation-bench.ts'

/** At the borders of what one, two, three and four bytes can say. */
const texts = [
  ...[0x1, 0x7f, 0x80, 0x7ff, 0x800, 0xfff, 0x1000, 0xcfff, 0xd000, 0xd7ff, 0xe000, 0xffff],
  ...[0x10000, 0x3ffff, 0x40000, 0xfffff, 0x100000, 0x10ffff],
].map((point) => `n${String.fromCodePoint(point)}m`)

/** Stray and missing bytes, more bytes than needed, halves of a pair, beyond the last character. */
const odd = [
  ...['ff', '80', 'c080', 'c1bf', 'c2', 'e08080', 'e09fbf', 'eda080', 'edbfbf'],
  ...['f0808080', 'f08fbfbf', 'f4908080', 'f5808080', 'e180', 'f18080'],
].map((bytes) => Buffer.concat([Buffer.from('n'), Buffer.from(bytes, 'hex'), Buffer.from('m')]))

function expression(names: readonly (Buffer | string)[], value: string): Buffer {
  const attributes = names.map((name) =>
    Buffer.concat([Buffer.from('  "'), Buffer.from(name), Buffer.from(`" = ${value};\n`)]),
  )
  const drv = 'derivation { name = "drv"; system = "x86_64-linux"; builder = "/bin/sh"; }'
  return Buffer.concat([Buffer.from(`let drv = ${drv}; in {\n`), ...attributes, Buffer.from('}')])
}

for (const nix of await testNixes()) {
  describe(`names of attributes with Nix ${nix.version.text}`, () => {
    let bench: EvaluationBench
    before(async () => {
      bench = await openEvaluationBench(nix)
    })
    after(() => bench[Symbol.asyncDispose]())

    async function evaluate(name: string, ci: Buffer) {
      const checkout = join(bench.folder, name)
      await mkdir(checkout)
      await writeFile(join(checkout, 'ci.nix'), ci)
      const { events, status } = await evaluateSource(bench.tools, checkout)
      assert.equal(status.tag, 'Successful')
      return {
        attributes: events.flatMap((event) => (event.tag === 'Attribute' ? [event.contents.expressionPath] : [])),
        errors: events.flatMap((event) => (event.tag === 'AttributeError' ? [event.contents] : [])),
      }
    }

    test('1.6.8, 1.6.9 one that is not UTF-8 is an error of its own and costs no other, whatever language that is in', async () => {
      const { attributes, errors } = await evaluate('odd', expression([...texts, ...odd], 'drv'))
      assert.deepEqual(attributes.map((path) => path.join()).toSorted(), texts.toSorted())
      assert.deepEqual(
        errors.map(({ expressionPath }) => expressionPath),
        odd.map(() => ['n�m']),
      )
      for (const { errorMessage } of errors) assert.match(errorMessage, /^The name of this attribute is not UTF-8/)
    })

    test('1.4.5, 1.9.1 a handler whose name is not UTF-8 is told so', async () => {
      const [name = ''] = odd
      const handlers = expression([name], '{ outputs = { }; }')
      const { errors } = await evaluate(
        'handler',
        Buffer.concat([Buffer.from('{ herculesCI.onPush = '), handlers, Buffer.from('; }')]),
      )
      assert.deepEqual(
        errors.map(({ errorMessage }) => errorMessage),
        ['The name of a handler is not UTF-8: n�m\n  in attribute herculesCI.onPush'],
      )
    })
  })
}

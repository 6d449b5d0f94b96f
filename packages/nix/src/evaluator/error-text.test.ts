import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { parseErrorText } from './error-text.ts'

test('a 2.8 error: the message first, then the trace', () => {
  const text = `\x1b[31;1merror:\x1b[0m attribute '\x1b[35;1mx\x1b[0m' missing

       \x1b[34;1mat \x1b[35;1m/src/bad.nix:3:7\x1b[0m:

            3|   c = { }.x;
             |       \x1b[31;1m^\x1b[0m

       … while evaluating the attribute '\x1b[35;1mc\x1b[0m'

       \x1b[34;1mat \x1b[35;1m/src/bad.nix:9:3\x1b[0m:

       … while evaluating anonymous function

       at «string»:1:3:`
  const error = parseErrorText(text)
  assert.match(error.message, /^attribute '\x1b\[35;1mx\x1b\[0m' missing\n\n.*bad\.nix:3:7/)
  assert.equal(error.errorType, 'MissingAttribute')
  assert.deepEqual(error.position, { file: '/src/bad.nix', line: 3, column: 7 })
  assert.match(error.trace ?? '', /while evaluating the attribute/)
  assert.doesNotMatch(error.trace ?? '', /string/)
})

test('a later error: the trace first, then the message', () => {
  const text = `\x1b[31;1merror:\x1b[0m
       … while evaluating the attribute 'a'
         \x1b[34;1mat \x1b[35;1m/src/bad.nix:1:3\x1b[0m:
            1| { a = throw "boo\\nhoo";
             |   \x1b[31;1m^\x1b[0m

       … while calling the 'throw' builtin
         at /src/bad.nix:1:7:

       \x1b[31;1merror:\x1b[0m boo
       hoo`
  const error = parseErrorText(text)
  assert.equal(error.message, 'boo\nhoo')
  assert.deepEqual(error.position, { file: '/src/bad.nix', line: 1, column: 7 })
  assert.equal(error.errorType, undefined)
})

test('what an error says of our own program is left out of message, trace and position: 2.8', () => {
  const text = `\x1b[31;1merror:\x1b[0m 'f' at \x1b[1m/tmp/e/1-firn-program.nix\x1b[0m:243:14\x1b[0m called without argument 'a'

       \x1b[34;1mat \x1b[35;1m/tmp/e/1-firn-program.nix:83:35\x1b[0m:

           82|
           83|   describe = value: value.drvPath;
             |                     \x1b[31;1m^\x1b[0m
           84|`
  assert.deepEqual(parseErrorText(text), { message: "'f' called without argument 'a'" })
})

test('what an error says of our own program is left out of message, trace and position: later', () => {
  const frames = (place: string) => `
       … while evaluating
         \x1b[34;1mat \x1b[35;1m${place}\x1b[0m:
            1| f x
             | \x1b[31;1m^\x1b[0m

       \x1b[31;1merror:\x1b[0m wrong
       \x1b[34;1mat \x1b[35;1m«string»:1:1\x1b[0m:
            1| f x
             | \x1b[31;1m^\x1b[0m`
  assert.deepEqual(parseErrorText(`error:${frames('«stdin»:2:3')}`), { message: 'wrong' })
  const { message, position } = parseErrorText(`error:${frames('/src/ci.nix:2:3')}`)
  assert.deepEqual({ message, position }, { message: 'wrong', position: { file: '/src/ci.nix', line: 2, column: 3 } })
})

test('a user may write what looks like a heading', () => {
  assert.equal(parseErrorText('error: one\n       error: two').message, 'one\nerror: two')
})

test('any text is taken apart without an exception', () => {
  const pieces = fc.constantFrom('error:', '\n', '       ', '… while', ' at /a:1:2:', '\x1b[31m', 'x')
  fc.assert(fc.property(fc.array(pieces), (parts) => void parseErrorText(parts.join(''))))
})

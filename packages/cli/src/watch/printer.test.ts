import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { harmless } from './printer.ts'

test('of what a terminal obeys, colours are left', () => {
  const cases = [
    ['\x1b[31mred\x1b[0m \x1b[38:5:9mx', '\x1b[31mred\x1b[0m \x1b[38:5:9mx'],
    ['a\x1b[2Jb\x1b[?1049hc\x1b[?1md\x1b[1 qe', 'abcde'],
    ['\x1b]0;title\x07a\x1b]8;;http://x\x1b\\b\x1b]52;c;aGk=', 'ab'],
    ['\x1b]0;never ended\nthe next line', '\nthe next line'],
    ['\x1bPq#0\x1b\\a\x1b_G\x07b', 'ab'],
    ['\x1b\x1b[H[2J', '[2J'],
    ['\x9b2Ja\x90b\x85c\x7f\x00\b\rd', '2Jabcd'],
    ['\x1bca\x1b(0b\ttab', 'ca(0b\ttab'],
  ] as const
  for (const [given, left] of cases) assert.equal(harmless(given), left)
})

test('whatever is given, no control character is left but those of colours, tab and newline', () => {
  const unit = fc.constantFrom('\x1b', '[', ']', '?', '2', ';', 'm', 'J', '\x07', '\x9b', '\\', ' ', 'P', '\n', '\x00')
  fc.assert(
    fc.property(fc.string({ unit }), (text) => {
      const rest = harmless(text).replace(/\x1b\[[0-9;:]*m/g, '')
      assert.doesNotMatch(rest, /[\x00-\x08\x0b-\x1f\x7f-\x9f]/)
    }),
  )
})

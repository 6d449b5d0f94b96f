import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { cleanLog, plainLog } from './clean.ts'
import { makeFinder } from './find-text.ts'

test('commands to a terminal vanish: links, titles, the clipboard, movement, private modes', () => {
  assert.equal(plainLog('\x1b]8;;javascript:alert(1)\x07link\x1b]8;;\x1b\\ more'), 'link more')
  assert.equal(plainLog('\x1b]0;title\x07a\x1b[2J\x1b[1;1Hb\x1b[?25lc\x1bPq#1\x1b\\d\x1bcE'), 'abcdE')
  assert.equal(plainLog('a\x1b]52;c;cm0gLXJmIC8=\x07b\x1b_apc\x1b\\c\x1b^pm\x1b\\d'), 'abcd')
})

test('a command without its end hides nothing', () => {
  assert.equal(plainLog('a\x1b]8;;never ended'), 'a8;;never ended')
  assert.equal(plainLog('a\x1bPrm -rf'), 'arm -rf')
  assert.equal(plainLog('a\x1b[31'), 'a')
  assert.equal(plainLog('\x1b]0;one\ntwo\x07'), '0;one\ntwo')
})

test('of a line that was overwritten the last state is left', () => {
  assert.equal(plainLog('10 %\r50 %\rdone\r'), 'done')
  assert.equal(plainLog('10 %\r\x1b[2K99 %\r\x1b[K'), '99 %')
  assert.equal(plainLog('one\r\ntwo'), 'one\ntwo')
})

test('marks of direction, characters without width, tags and line ends of Unicode show', () => {
  assert.equal(plainLog('evil\u202Etxt.exe'), 'evil\ufffdtxt.exe')
  assert.equal(
    plainLog('pass\u200bword \u2066x\u2069 a\u2028b \ufeffc \u{e0041}d'),
    'pass\ufffdword \ufffdx\ufffd a\ufffdb \ufffdc \ufffdd',
  )
  assert.equal(plainLog('a\u200db'), 'a\ufffdb')
})

test('what people write stays: pictures made of pictures, accents, other scripts', () => {
  for (const text of ['👩‍💻 done ✔️', 'naïve café', '日本語 العربية עברית', 'e\u0301', '→ ✓ ─ █'])
    assert.equal(plainLog(text), text)
})

const hostile = fc.string({
  unit: fc.constantFrom(...'\x1b[]8;:m3P\\\x07\r\n?<a_^X\u202e\u200b\x9b\x9c\x00'),
  maxLength: 60,
})

test('whatever comes in: only SGR is left, and a search finds what is drawn', () => {
  fc.assert(
    fc.property(hostile, (text) => {
      assert.match(cleanLog(text), /^(?:[^\x00-\x08\x0b-\x1f\x7f-\x9f\u200b\u202e]|\x1b\[[0-9;]*m)*$/)
      const drawn = plainLog(text).split('\n')[0] ?? ''
      if (drawn !== '') assert.ok(makeFinder(drawn)(text))
    }),
    { numRuns: 2000 },
  )
})

test('a megabyte of beginnings of commands is read in a moment', () => {
  for (const part of ['\x1b]', '\x1bP', '\x1b[', '\x1b[0;', '\x1b', '\x1b]8;;'])
    assert.ok(plainLog(part.repeat(1_000_000 / part.length)).length <= 1_000_000)
})

test('search goes through colours, commands and case', () => {
  assert.ok(makeFinder('strlcpy')('Str\x1b[1mL\x1b[0mcpy'))
  assert.ok(!makeFinder('strlcpy')('strl cpy'))
  assert.ok(!makeFinder('')('anything'))
})

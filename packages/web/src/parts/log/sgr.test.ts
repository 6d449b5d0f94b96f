import assert from 'node:assert/strict'
import { test } from 'node:test'
import { cleanLog, plainLog } from '@firn/core/log/clean'
import fc from 'fast-check'
import { markMatches, parseSgr } from './sgr.ts'

const looks = (text: string) => parseSgr(text).map(({ text: it, fg, bold }) => [it, fg, bold])

test('colours, bold and resets become spans', () => {
  assert.deepEqual(looks('a \x1b[31;1merror:\x1b[0m b'), [
    ['a ', undefined, false],
    ['error:', 'red', true],
    [' b', undefined, false],
  ])
  assert.deepEqual(looks('\x1b[94mx'), [['x', 'bright-blue', false]])
})

test('256 and true colours become CSS colours', () => {
  assert.deepEqual(looks('\x1b[38;5;208mx\x1b[38;5;240my'), [
    ['x', 'rgb(255, 135, 0)', false],
    ['y', 'rgb(88, 88, 88)', false],
  ])
  assert.equal(parseSgr('\x1b[48;2;1;2;3mx')[0]?.bg?.replace(/\s/g, ''), 'rgb(1,2,3)')
})

const hostile = fc.string({
  unit: fc.constantFrom(
    '\x1b',
    '[',
    ']',
    '8',
    ';',
    ':',
    'm',
    '3',
    'P',
    '\\',
    '\x07',
    '\r',
    '\n',
    '?',
    '<',
    'a',
    '\u202e',
    '\x9b',
  ),
  maxLength: 60,
})

test('whatever comes in: only SGR is left, and the spans hold the plain text', () => {
  fc.assert(
    fc.property(hostile, (text) => {
      assert.match(cleanLog(text), /^(?:[^\x00-\x08\x0b-\x1f\x7f-\x9f\u202e]|\x1b\[[0-9;]*m)*$/)
      assert.equal(
        parseSgr(text)
          .map((span) => span.text)
          .join(''),
        plainLog(text),
      )
    }),
    { numRuns: 2000 },
  )
})

test('each occurrence of a search is a span of its own, whatever its case', () => {
  const marked = markMatches(parseSgr('Error and \x1b[31merror\x1b[0m'), 'error')
  assert.deepEqual(
    marked.map(({ text, match, fg }) => [text, match, fg]),
    [
      ['Error', true, undefined],
      [' and ', false, undefined],
      ['error', true, 'red'],
    ],
  )
})

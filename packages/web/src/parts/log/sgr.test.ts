import assert from 'node:assert/strict'
import { test } from 'node:test'
import { cleanLog, plainLog } from '@firn/core/log/clean'
import fc from 'fast-check'
import { gatherRanges, markMatches, parseSgr } from './sgr.ts'

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

test('a range of the text stands together, whatever colours it has, and nothing of the text is lost', () => {
  const spans = parseSgr('at \x1b[34m./a.ni\x1b[1mx:1:2\x1b[0m: and more')
  const gathered = gatherRanges(spans, [{ from: 3, to: 14 }])
  assert.deepEqual(
    gathered.map(({ range, spans: own }) => [range?.from, ...own.map((span) => span.text)]),
    [
      [undefined, 'at '],
      [3, './a.ni', 'x:1:2'],
      [undefined, ': and more'],
    ],
  )
  const ranges = fc.uniqueArray(fc.nat(30), { minLength: 2, maxLength: 6 }).map((points) => {
    const sorted = points.toSorted((a, b) => a - b)
    return sorted.slice(1).map((to, i) => ({ from: sorted[i] ?? 0, to }))
  })
  const pieces = fc.array(fc.constantFrom('ab', '\x1b[31m', '\x1b[0m', 'cde', '\n'))
  fc.assert(
    fc.property(pieces, ranges, (parts, cut) => {
      const whole = gatherRanges(parseSgr(parts.join('')), cut).flatMap((group) => group.spans)
      assert.equal(whole.map((span) => span.text).join(''), plainLog(parts.join('')))
    }),
  )
})

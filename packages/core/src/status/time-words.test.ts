import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { wordAgo, wordDuration, wordMs, wordUtc } from './time-words.ts'

test('a duration has at most two units, the second only where it is not zero', () => {
  const cases: [number, string][] = [
    [0, '0 s'],
    [-5, '0.0 s'],
    [35, '< 0.1 s'],
    [430, '0.4 s'],
    [9999, '9.9 s'],
    [12_300, '12 s'],
    [60_000, '1 min'],
    [65_000, '1 min 5 s'],
    [7_380_000, '2 h 3 min'],
    [7_200_999, '2 h'],
    [3 * 86_400_000 + 4 * 3_600_000 + 59_000, '3 d 4 h'],
  ]
  for (const [ms, words] of cases) assert.equal(wordDuration(ms), words)
})

test('a longer duration never reads as a shorter one', () => {
  const toMs = (words: string) =>
    [...words.matchAll(/([\d.]+) (s|min|h|d)/g)].reduce(
      (sum, [, n, unit]) => sum + Number(n) * ({ s: 1e3, min: 6e4, h: 36e5, d: 864e5 }[unit ?? ''] ?? Number.NaN),
      0,
    )
  fc.assert(
    fc.property(fc.nat(1e10), fc.nat(1e10), (a, b) => {
      const [short, long] = a < b ? [a, b] : [b, a]
      assert.ok(toMs(wordDuration(short)) <= toMs(wordDuration(long)) + 1000)
    }),
  )
})

test('an age has one unit, and is a date after thirty days', () => {
  const now = Date.parse('2026-11-22T12:00:00Z')
  assert.equal(wordAgo('2026-11-22T11:59:58Z', now), 'just now')
  assert.equal(wordAgo('2026-11-22T12:00:09Z', now), 'just now')
  assert.equal(wordAgo('2026-11-22T11:59:30Z', now), '30 s ago')
  assert.equal(wordAgo('2026-11-22T09:01:00Z', now), '2 h ago')
  assert.equal(wordAgo('2026-09-01T09:01:00Z', now), '2026-09-01')
})

test('the exact instant is in UTC, whatever its offset', () => {
  assert.equal(wordUtc('2026-11-22T13:00:01.500+01:00'), '2026-11-22 12:00:01 UTC')
  assert.equal(wordUtc('nonsense'), 'nonsense')
})

test('where thousandths count, they are said', () => {
  const cases: [number, string][] = [
    [0, '0 ms'],
    [0.4, '< 1 ms'],
    [12.4, '12 ms'],
    [999.4, '999 ms'],
    [999.6, '1 s'],
    [8412, '8.4 s'],
    [-3, '0 ms'],
  ]
  for (const [ms, words] of cases) assert.equal(wordMs(ms), words)
})

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { cut, widthOf } from './width.ts'

test('letters of East Asia and pictures are two columns wide, accents and colours none', () => {
  const widths = { abc: 3, 日本: 4, ﾃｽﾄ: 3, '👩‍💻': 2, 'e\u0301': 1, '✕ ●': 3, '\x1b[31mred\x1b[0m': 3, '': 0 }
  assert.deepEqual(Object.fromEntries(Object.keys(widths).map((text) => [text, widthOf(text)])), widths)
})

test('what does not fit is cut between letters', () => {
  assert.deepEqual(
    ['abcd', 'abcde', '日本語', '👩‍💻👩‍💻👩‍💻'].map((text) => cut(text, 4)),
    ['abcd', 'abc…', '日…', '👩‍💻…'],
  )
})

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { drawnLine, fileWords, linesOf } from './file-words.ts'

test('lines are counted as editors and Nix count them', () => {
  const counts: [string, number][] = [
    ['', 0],
    ['a', 1],
    ['a\n', 1],
    ['a\n\n', 2],
    ['\n', 1],
    ['a\r\nb\r\n', 2],
  ]
  for (const [text, count] of counts) assert.equal(linesOf(text).length, count, JSON.stringify(text))
})

test('of a line all is drawn, and what would mislead shows', () => {
  assert.equal(drawnLine('\tx = "\x1b[31mred\x1b[0m";\r'), '\tx = "\ufffd[31mred\ufffd[0m";')
  assert.equal(drawnLine('a\u202eb\u200bc\rd\x00'), 'a\ufffdb\ufffdc\ufffdd\ufffd')
  assert.equal(drawnLine('<b>&amp;</b>'), '<b>&amp;</b>')
})

test('what it is and how large is said in a few words', () => {
  const file = { kind: 'file' as const, bytes: 3, isExecutable: true, text: 'a\nb', withheld: null }
  assert.equal(fileWords(file), '2 lines, 3 B, executable')
  assert.equal(
    fileWords({ ...file, isExecutable: false, bytes: 52_428_800, text: null, withheld: 'large' }),
    '50.0 MiB',
  )
  assert.equal(fileWords({ kind: 'folder', entries: [], total: 0 }), 'Folder of 0 names')
  assert.match(
    fileWords({ kind: 'folder', entries: [], total: 12_000 }),
    /12,000 names, of which the last 12,000 are not listed/,
  )
})

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { wordNumber, wordSize } from './number-words.ts'

test('numbers are grouped and their noun has its number', () => {
  assert.equal(wordNumber(1, 'build'), '1 build')
  assert.equal(wordNumber(50_000, 'attribute'), '50,000 attributes')
})

test('sizes are in powers of 1024', () => {
  assert.equal(wordSize(0), '0 B')
  assert.equal(wordSize(1023), '1023 B')
  assert.equal(wordSize(1_482_752), '1.4 MiB')
  assert.equal(wordSize(300 * 2 ** 30), '300 GiB')
})

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { FilePath } from './file.ts'

test('a path stays within a repository; any other name is one', () => {
  for (const path of ['', 'a', 'a/b.nix', '-x', '%2e%2e', '...', 'a\nb', '"\'', 'a\\b', '\ufffd', ' '])
    assert.equal(FilePath.parse(path), path)
  for (const path of [
    '/',
    '/etc/passwd',
    '..',
    '../x',
    'a/../b',
    'a/..',
    '.',
    'a/.',
    'a//b',
    'a/',
    'a\0b',
    'x'.repeat(4097),
  ])
    assert.equal(FilePath.safeParse(path).success, false, path.slice(0, 20))
})

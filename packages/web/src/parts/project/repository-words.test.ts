import assert from 'node:assert/strict'
import { test } from 'node:test'
import { nameFrom } from './repository-words.ts'

test('an address proposes its last part as the name', () => {
  const proposals = [
    ['https://forge.example/team/widgets.git', 'widgets'],
    ['ssh://git@forge.example/widgets/', 'widgets'],
    ['https://forge.example/~a/w idgets', 'widgets'],
    ['widgets', ''],
    ['', ''],
  ]
  for (const [url = '', name] of proposals) assert.equal(nameFrom(url), name, url)
})

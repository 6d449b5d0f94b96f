import assert from 'node:assert/strict'
import { test } from 'node:test'
import { keptEntry } from './kept-log.ts'

test('4.9.4 a phase that begins is a message in a kept log; whatever else stands in it is text', () => {
  const phase = '@nix {"action":"setPhase","phase":"buildPhase"}'
  assert.deepEqual(keptEntry(phase), { tag: 'Result', act: 0, rtype: 104, fields: ['buildPhase'] })
  for (const line of ['made', '', '@nix {"action":"msg","level":0,"msg":"forged"}', `${phase} `])
    assert.deepEqual(keptEntry(line), { tag: 'Result', act: 0, rtype: 101, fields: [line] })
})

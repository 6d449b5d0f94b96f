import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Message } from '@firn/contract/agent/evaluate-event'
import { groupMessages } from './message-groups.ts'

const message = (index: number, typ: Message['typ'], expressionPath?: string[]): Message => ({
  index,
  typ,
  message: `said ${index}`,
  ...(expressionPath && { expressionPath }),
})

test('traces of one attribute that follow each other are one text; errors stay apart', () => {
  const groups = groupMessages([
    message(0, 'Trace', ['a', 'b']),
    message(1, 'Trace', ['a', 'b']),
    message(2, 'Trace', ['a.b']),
    message(3, 'Trace'),
    message(4, 'Trace'),
    message(5, 'Error', ['a']),
    message(6, 'Error', ['a']),
  ])
  assert.deepEqual(
    groups.map((it) => [it.key, it.path, it.text]),
    [
      [0, ['a', 'b'], 'said 0\nsaid 1'],
      [2, ['a.b'], 'said 2'],
      [3, undefined, 'said 3\nsaid 4'],
      [5, ['a'], 'said 5'],
      [6, ['a'], 'said 6'],
    ],
  )
})

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { LiveEvent } from './live.ts'

const event = {
  cursor: '12:7',
  kind: 'builds',
  projectId: null,
  jobIds: ['0193a5c0-7d1e-7f3a-9b52-3f1c2a7d9e04'],
  derivations: [],
}

test('a live event says what changed and never how it is now', () => {
  assert.deepEqual(LiveEvent.parse({ ...event, status: 'Success' }), event)
})

test('a live event of an unknown kind, or without a cursor, is refused', () => {
  for (const broken of [
    { ...event, kind: 'mood' },
    { ...event, cursor: 7 },
    { ...event, jobIds: ['7'] },
    { kind: 'job' },
  ])
    assert.equal(LiveEvent.safeParse(broken).success, false)
})

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type AgentStory, agentSentence } from './agent-sentence.ts'

const sentences: [given: Partial<AgentStory>, sentence: string][] = [
  [{}, 'Idle: nothing that it can do is waiting.'],
  [{ waiting: 1 }, 'Idle, though 1 task that it can do is waiting.'],
  [{ waiting: 3, paused: 1 }, 'Idle, though 3 tasks that it can do are waiting.'],
  [{ paused: 2 }, 'Idle: 2 tasks that it can do are tried again in a moment.'],
  [{ tasks: 1 }, '1 of 2 slots busy.'],
  [{ tasks: 2, waiting: 9 }, 'All 2 slots busy.'],
  [{ tasks: 3 }, 'All 2 slots busy, 1 task to begin next.'],
  [{ refuses: 'it is being stopped' }, 'Takes no work: it is being stopped.'],
  [{ refuses: 'it is being stopped', tasks: 1 }, 'Takes no work: it is being stopped. 1 task left.'],
  [{ isOnline: false }, 'Offline.'],
  [{ isOnline: false, tasks: 2 }, 'Offline; 2 tasks of it will be given to others unless it returns soon.'],
  [{ isOnline: false, revokedAgoMs: 72_500 }, 'Offline: its session was revoked 1 min 12 s ago.'],
]

for (const [given, sentence] of sentences)
  test(`agent: ${sentence}`, () => {
    const story = { isOnline: true, revokedAgoMs: null, slots: 2, tasks: 0, refuses: null, waiting: 0, paused: 0 }
    assert.equal(agentSentence({ ...story, ...given }), sentence)
  })

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { idOf } from '../../fake/make.ts'
import { readAttempts } from './attempts.ts'

const time = '2026-11-22T12:00:00Z'
const started = { Started: { time, logId: idOf('log'), agentHostname: 'build01', streamable: true } }

test('each attempt has its outcome, newest first; a technical error is not the build’s fault', () => {
  const attempts = readAttempts([
    [started, { Failed: { time, technicalError: 'agent lost' } }, { Reset: { time } }],
    [started, { Built: { time, outputs: [] } }, { Succeeded: { time } }],
    [{ Queued: { time, requeuedForEvalOfJob: null, requeuedForAgent: null } }],
  ])
  assert.deepEqual(
    attempts.map((it) => [it.number, it.state, it.note, it.agent]),
    [
      [3, 'waiting', undefined, undefined],
      [2, 'succeeded', undefined, 'build01'],
      [1, 'broken', 'agent lost', 'build01'],
    ],
  )
})

test('a build that is queued again within one request is an attempt of its own, and says why', () => {
  const queued = (requeuedForAgent: string | null) => ({
    Queued: { time, requeuedForEvalOfJob: null, requeuedForAgent },
  })
  const lost = { Failed: { time, technicalError: 'The agent build01 was lost.' } }
  const attempts = readAttempts([[queued(null), started, lost, queued('build01'), started, lost, queued('build01')]])
  assert.deepEqual(
    attempts.map((it) => [it.number, it.state, it.why, it.endedAt]),
    [
      [3, 'waiting', 'queued again because build01 was lost', undefined],
      [2, 'broken', 'queued again because build01 was lost', time],
      [1, 'broken', undefined, time],
    ],
  )
})

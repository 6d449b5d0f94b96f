import assert from 'node:assert/strict'
import { test } from 'node:test'
import { disturbReplicas, killAtRandom, upgradeInTurn } from '../disturb-replicas.ts'

const trial = { replicas: 2, agents: 3, settleMs: 120_000 }

test('two servers are killed again and again under a load of builds: nothing is lost, nothing is built twice', async () => {
  const outcome = await disturbReplicas({ ...trial, seconds: 8, disturb: killAtRandom(11) })
  assert.deepEqual(outcome.problems, [])
  assert.ok(outcome.ends > 0 && outcome.builds > 0)
})

test('two servers are upgraded one after the other: each ends in order, and no agent loses a task', async () => {
  const outcome = await disturbReplicas({ ...trial, seconds: 4, disturb: upgradeInTurn })
  assert.deepEqual([outcome.problems, outcome.lostTasks], [[], 0])
  assert.ok(outcome.ends >= 2 && outcome.builds > 0)
})

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { killReplicas } from '../kill-replicas.ts'

test('two servers are killed again and again under a load of builds: nothing is lost, nothing is built twice', async () => {
  const outcome = await killReplicas({ seconds: 12, seed: 11, replicas: 2, agents: 3, settleMs: 120_000 })
  assert.deepEqual(outcome.problems, [])
  assert.ok(outcome.kills > 0 && outcome.builds > 0)
})

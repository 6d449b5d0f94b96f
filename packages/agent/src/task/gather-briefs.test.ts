import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { BriefBuild } from '@firn/contract/agent/brief'
import type { AgentPayload } from '@firn/contract/agent/socket'
import { gatherBriefs } from './gather-briefs.ts'
import { successful } from './status.ts'

const brief = (taskId: string): BriefBuild => ({
  taskId,
  logToken: '',
  ms: 1,
  log: [],
  events: [],
  status: successful,
})

function open({ gatherMs = 1e6, busy = true } = {}) {
  const sent: { ids: string[]; taken: () => void }[] = []
  const deliver = (payload: AgentPayload) => {
    assert.ok(payload.tag === 'FirnBuilt')
    const { promise, resolve } = Promise.withResolvers<void>()
    sent.push({ ids: payload.contents.map(({ taskId }) => taskId), taken: resolve })
    return promise
  }
  const now = { busy }
  const tell = gatherBriefs({ gatherMs, isBusy: () => now.busy })
  return { sent, now, tell: (id: string) => tell(brief(id), deliver) }
}

test('with nothing more to build, each is told at once', async () => {
  const { sent, tell } = open({ busy: false })
  const told = [tell('a'), tell('b')]
  assert.deepEqual(
    sent.map(({ ids }) => ids),
    [['a'], ['b']],
  )
  for (const { taken } of sent) taken()
  await Promise.all(told)
})

test('with more to build they are told together, and each knows when the server has it', async () => {
  const { sent, now, tell } = open()
  const told = [tell('a'), tell('b')]
  assert.equal(sent.length, 0)
  now.busy = false
  told.push(tell('c'))
  assert.deepEqual(sent[0]?.ids, ['a', 'b', 'c'])
  let isTold = false
  void Promise.all(told).then(() => (isTold = true))
  await new Promise(setImmediate)
  assert.equal(isTold, false)
  sent[0].taken()
  await Promise.all(told)
})

test('nobody waits for long', async () => {
  const { sent, tell } = open({ gatherMs: 1 })
  const told = tell('a')
  while (sent.length === 0) await new Promise(setImmediate)
  sent[0]?.taken()
  await told
})

test('a message has its measure', () => {
  const { sent, now, tell } = open()
  for (let n = 0; n < 120; n++) void tell(String(n))
  now.busy = false
  void tell('last')
  assert.deepEqual(
    sent.map(({ ids }) => ids.length),
    [50, 50, 21],
  )
})
